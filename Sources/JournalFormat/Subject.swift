/// What a person names when asking for the story of something: an item's key or name, a machine's id or name.
package enum Subject {
  /// Keys and ids are kept lower-cased, and names are compared without case, so lower case finds them all. An ARM id
  /// may have been pasted with a trailing slash.
  package static func normalized(_ subject: String) -> String {
    var text = subject.lowercased()
    while text.count > 1, text.hasSuffix("/") { text.removeLast() }
    return text
  }
}
