import FoundationEssentials

enum Base64 {
  /// Nil when it is not Base64 of UTF-8 text.
  static func decode(_ text: String) -> String? {
    Data(base64Encoded: text).flatMap { String(bytes: $0, encoding: .utf8) }
  }
}
