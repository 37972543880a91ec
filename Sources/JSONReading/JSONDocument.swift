package import RecoveryCore

/// A JSON document, or a part of one, read where it lies.
///
/// All parts of a document share its bytes and a note of sixteen bytes for each value; a word is copied when it is asked
/// for. Whoever keeps a part keeps the document.
package struct JSONDocument: Sendable {
  /// Where a value lies in the bytes, and where the next one of its container is noted.
  @usableFromInline package struct Node: Sendable {
    @usableFromInline package enum Kind: UInt8, Sendable { case null, `true`, `false`, number, string, array, object }

    @usableFromInline package var start: UInt32
    @usableFromInline package var end: UInt32
    /// The node behind this one and all that is inside of it. The value of a member follows its name.
    @usableFromInline package var next: UInt32
    @usableFromInline package var kind: Kind
    /// A string without escapes.
    @usableFromInline package var isPlain: Bool
  }

  @usableFromInline package final class Tape: Sendable {
    @usableFromInline let bytes: [UInt8]
    @usableFromInline let nodes: [Node]

    init(_ bytes: [UInt8]) throws(JSONParser.Failure) {
      self.bytes = bytes
      nodes = try JSONParser.nodes(of: bytes)
    }

    @inlinable func text(of node: Node) -> String {
      let range = Int(node.start)..<Int(node.end)
      return node.isPlain ? String(decoding: bytes[range], as: UTF8.self) : JSONParser.text(of: bytes, range)
    }

    /// Where the value of a member lies whose name is exactly this one: of several the first.
    func member(named name: String, of object: Int) -> Int? {
      let length = UInt32(clamping: name.utf8.count)
      let end = Int(nodes[object].next)
      var at = object + 1
      while at < end {
        let member = nodes[at]
        if member.isPlain {
          if member.end - member.start == length, Tape.isExactly(bytes, member, name) { return at + 1 }
        } else if text(of: member) == name {
          return at + 1
        }
        at = Int(nodes[at + 1].next)
      }
      return nil
    }

    /// Of a name of the member's length.
    private static func isExactly(_ bytes: [UInt8], _ member: Node, _ name: String) -> Bool {
      let wanted = name.utf8Span.span
      let found = bytes.span
      for at in wanted.indices where found[Int(member.start) &+ at] != wanted[at] { return false }
      return true
    }

    /// Whether a member's name is this one; nil when only in another case.
    @inlinable func isNamed(_ node: Node, _ name: String) -> Bool? {
      guard node.isPlain else {
        let text = text(of: node)
        return text == name ? true : text.lowercased() == name.lowercased() ? nil : false
      }
      return Tape.isNamed(bytes, node, name)
    }

    @inlinable static func isNamed(_ bytes: [UInt8], _ node: Node, _ name: String) -> Bool? {
      let wanted = name.utf8Span.span
      let found = bytes.span
      guard wanted.count == node.end - node.start else { return false }
      var isExact = true
      for at in wanted.indices {
        let byte = found[Int(node.start) &+ at]
        if byte != wanted[at] {
          let letter = byte | 0x20
          guard letter == wanted[at] | 0x20, letter >= UInt8(ascii: "a"), letter <= UInt8(ascii: "z") else {
            return false
          }
          isExact = false
        }
      }
      return isExact ? true : nil
    }
  }

  @usableFromInline let tape: Tape
  @usableFromInline let index: Int

  @inlinable init(_ tape: Tape, _ index: Int) {
    self.tape = tape
    self.index = index
  }

  package init(parsing bytes: [UInt8]) throws(JSONParser.Failure) {
    self.init(try Tape(bytes), 0)
  }

  @inlinable var node: Node { tape.nodes[index] }

  /// Where the parts of a container are noted.
  private var parts: some Sequence<Int> {
    let end = Int(node.next)
    return sequence(first: index + 1) { Int(tape.nodes[$0].next) }.prefix { $0 < end }
  }

  // MARK: - Parts

  /// A member, whatever the case of its name; nil also when it is `null`. Of two members of one name the first counts,
  /// as it does for Foundation.
  @inlinable package subscript(_ name: String) -> JSONDocument? {
    guard node.kind == .object else { return nil }
    var other: Int?
    var at = index + 1
    let end = Int(node.next)
    let length = UInt32(clamping: name.utf8.count)
    while at < end {
      let member = tape.nodes[at]
      let value = at + 1
      if member.end - member.start == length || !member.isPlain {
        switch tape.isNamed(member, name) {
        case true?: return tape.nodes[value].kind == .null ? nil : JSONDocument(tape, value)
        case nil where other == nil && tape.nodes[value].kind != .null: other = value
        default: break
        }
      }
      at = Int(tape.nodes[value].next)
    }
    return other.map { JSONDocument(tape, $0) }
  }

  /// Nil when it is no array.
  package var array: [JSONDocument]? { node.kind == .array ? parts.map { JSONDocument(tape, $0) } : nil }

  /// None when it is no array.
  package var elements: [JSONDocument] { array ?? [] }

  /// In their order, `null` among them; none when it is no object.
  package var members: [(name: String, value: JSONDocument)] {
    guard node.kind == .object else { return [] }
    var members: [(String, JSONDocument)] = []
    var at = index + 1
    while at < Int(node.next) {
      members.append((tape.text(of: tape.nodes[at]), JSONDocument(tape, at + 1)))
      at = Int(tape.nodes[at + 1].next)
    }
    return members
  }

  // MARK: - Values

  /// A string; nil when it is anything else.
  @inlinable package var string: String? { node.kind == .string ? tape.text(of: node) : nil }

  /// A string, or a whole number or boolean as text.
  package var text: String? {
    switch node.kind {
    case .string: return tape.text(of: node)
    case .true: return "true"
    case .false: return "false"
    case .number:
      guard case .integer(let number)? = number else { return nil }
      return String(number)
    case .null, .array, .object: return nil
    }
  }

  /// A boolean, which may be written as text.
  @inlinable package var flag: Bool? {
    switch node.kind {
    case .true: true
    case .false: false
    case .string: Bool(tape.text(of: node).lowercased())
    default: nil
    }
  }

  /// The members that are texts.
  package var texts: [String: String] {
    Dictionary(
      members.compactMap { member in member.value.text.map { (member.name, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  @usableFromInline var number: JSONValue? { JSONParser.number(of: tape.bytes, Int(node.start)..<Int(node.end)) }

  /// All of it as a tree: for what belongs to others and is kept as it came.
  package var value: JSONValue {
    switch node.kind {
    case .null: .null
    case .true: .bool(true)
    case .false: .bool(false)
    case .number: number ?? .null
    case .string: .string(tape.text(of: node))
    case .array: .array(elements.map(\.value))
    case .object:
      .object(Dictionary(members.map { ($0.name, $0.value.value) }, uniquingKeysWith: { first, _ in first }))
    }
  }
}

extension JSONValue {
  /// The document that the bytes are; nil when they are none.
  package init?(parsing bytes: some Sequence<UInt8>) {
    guard let document = try? JSONDocument(parsing: Array(bytes)) else { return nil }
    self = document.value
  }
}
