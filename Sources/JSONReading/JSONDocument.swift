package import RecoveryCore

/// A JSON document, or a part of one, read where it lies.
///
/// All parts of a document share its bytes and a note of sixteen bytes for each value; a word is copied when it is asked
/// for. Whoever keeps a part keeps the document.
package struct JSONDocument: Sendable {
  /// Where a value lies in the bytes, and where the next one of its container is noted.
  package struct Node: Sendable {
    package enum Kind: UInt8, Sendable { case null, `true`, `false`, number, string, array, object }

    package var start: UInt32
    package var end: UInt32
    /// The node behind this one and all that is inside of it. The value of a member follows its name.
    package var next: UInt32
    package var kind: Kind
    /// A string without escapes.
    package var isPlain: Bool
  }

  /// What the parts of a document share.
  package final class Tape: Sendable {
    let content: Content

    init(_ bytes: [UInt8]) throws(JSONParser.Failure) {
      content = Content(bytes: bytes, nodes: try JSONParser.nodes(of: bytes))
    }
  }

  /// The bytes and the notes about them. It is never copied, and reads both by spans: to count references to them was most
  /// of what reading a document cost.
  package struct Content: ~Copyable, Sendable {
    let bytes: [UInt8]
    let nodes: [Node]

    func text(of node: Node) -> String {
      let range = Int(node.start)..<Int(node.end)
      guard node.isPlain else { return JSONParser.text(of: bytes, range) }
      return unsafe bytes.span.extracting(range).withUnsafeBufferPointer { plain in
        unsafe String(decoding: plain, as: UTF8.self)
      }
    }

    /// Nil when it is no number.
    func number(of node: Node) -> JSONValue? {
      guard node.kind == .number else { return nil }
      return JSONParser.number(of: bytes.span.extracting(Int(node.start)..<Int(node.end)))
    }

    /// Nil when it is no whole number.
    func integer(of node: Node) -> Int64? {
      guard case .integer(let value)? = number(of: node) else { return nil }
      return value
    }

    func text(at index: Int) -> String? {
      let node = nodes[index]
      switch node.kind {
      case .string: return text(of: node)
      case .true: return "true"
      case .false: return "false"
      case .number: return integer(of: node).map { String($0) }
      case .null, .array, .object: return nil
      }
    }

    /// Where the value of a member lies whose name is exactly this one: of several the first.
    func member(named name: String, of object: Int) -> Int? {
      let end = Int(nodes[object].next)
      var at = object + 1
      while at < end {
        if isNamed(name, at) { return at + 1 }
        at = Int(nodes[at + 1].next)
      }
      return nil
    }

    /// Whether the member's name is exactly this one.
    func isNamed(_ name: String, _ at: Int) -> Bool { isNamed(name.utf8Span.span, at) }
    func isNamed(_ name: StaticString, _ at: Int) -> Bool { unsafe isNamed(Content.bytes(of: name).span, at) }

    private func isNamed(_ name: borrowing Span<UInt8>, _ at: Int) -> Bool {
      let member = nodes[at]
      guard !member.isPlain else { return Content.compare(bytes.span, member, name) == .same }
      return unsafe JSONDocument.areEqual(text(of: member).utf8Span.span.bytes, name.bytes)
    }

    private static func bytes(of name: StaticString) -> UnsafeBufferPointer<UInt8> {
      unsafe UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    }

    /// Where the value of a member lies, whatever the case of its name, when it is not `null`. Of two members of one name
    /// the first counts.
    func member(like name: StaticString, of object: Int) -> Int? {
      let bytesOfName = unsafe Content.bytes(of: name)
      let wanted = unsafe bytesOfName.span
      let end = Int(nodes[object].next)
      var at = object + 1
      var other: Int?
      while at < end {
        let member = nodes[at]
        let value = at + 1
        let likeness =
          member.isPlain
          ? Content.compare(bytes.span, member, wanted) : Content.compare(text(of: member), name.description)
        switch likeness {
        case .same: return nodes[value].kind == .null ? nil : value
        case .alike where other == nil && nodes[value].kind != .null: other = value
        case .alike, .different: break
        }
        at = Int(nodes[value].next)
      }
      return other
    }

    private enum Likeness { case same, alike, different }

    private static func compare(_ found: String, _ wanted: String) -> Likeness {
      found == wanted ? .same : found.lowercased() == wanted.lowercased() ? .alike : .different
    }

    /// The name of a plain member with another one; `alike` when they differ only in the case of ASCII letters.
    private static func compare(
      _ bytes: borrowing Span<UInt8>, _ member: Node, _ wanted: borrowing Span<UInt8>
    ) -> Likeness {
      guard Int(member.end - member.start) == wanted.count else { return .different }
      let found = bytes.extracting(Int(member.start)..<Int(member.end))
      if unsafe JSONDocument.areEqual(found.bytes, wanted.bytes) { return .same }
      var likeness = Likeness.same
      for at in wanted.indices where found[at] != wanted[at] {
        let letter = found[at] | 0x20
        guard letter == wanted[at] | 0x20, letter >= UInt8(ascii: "a"), letter <= UInt8(ascii: "z") else {
          return .different
        }
        likeness = .alike
      }
      return likeness
    }
  }

  let tape: Tape
  let index: Int

  init(_ tape: Tape, _ index: Int) {
    self.tape = tape
    self.index = index
  }

  package init(parsing bytes: [UInt8]) throws(JSONParser.Failure) {
    self.init(try Tape(bytes), 0)
  }

  /// How it is written, a string without its quotes.
  var bytes: ArraySlice<UInt8> { tape.content.bytes[Int(node.start)..<Int(node.end)] }

  /// How a value is written: two that are written alike are the same value.
  package struct Written: Hashable {
    /// `null` is not `"null"`, and the quotes are none of the bytes.
    fileprivate let kind: Node.Kind
    fileprivate let bytes: ArraySlice<UInt8>

    /// One that keeps no document.
    package var copy: Written { Written(kind: kind, bytes: ArraySlice(Array(bytes))) }

    package func hash(into hasher: inout Hasher) {
      unsafe hasher.combine(ByteDigest.of(bytes.span.bytes))
    }

    package static func == (left: Written, right: Written) -> Bool {
      unsafe left.kind == right.kind && JSONDocument.areEqual(left.bytes.span.bytes, right.bytes.span.bytes)
    }
  }

  package var written: Written { Written(kind: node.kind, bytes: bytes) }

  /// Whether the two are written with the same bytes, and so are the same value.
  package func isWritten(like other: JSONDocument) -> Bool { written == other.written }

  /// Eight bytes at a time: most that are compared are equal.
  static func areEqual(_ left: borrowing RawSpan, _ right: borrowing RawSpan) -> Bool {
    guard left.byteCount == right.byteCount else { return false }
    var at = 0
    while at + 8 <= left.byteCount {
      let mine = unsafe left.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self)
      guard mine == (unsafe right.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self)) else {
        return false
      }
      at += 8
    }
    while at < left.byteCount {
      let mine = unsafe left.unsafeLoad(fromUncheckedByteOffset: at, as: UInt8.self)
      guard mine == (unsafe right.unsafeLoad(fromUncheckedByteOffset: at, as: UInt8.self)) else { return false }
      at += 1
    }
    return true
  }

  var node: Node { tape.content.nodes[index] }

  // MARK: - Parts

  /// A member, whatever the case of its name; nil also when it is `null`. Of two members of one name the first counts,
  /// as it does for Foundation.
  package subscript(_ name: StaticString) -> JSONDocument? {
    guard node.kind == .object else { return nil }
    return tape.content.member(like: name, of: index).map { JSONDocument(tape, $0) }
  }

  /// Its members from the first one on; nil when it is no object.
  package var membersInTurn: MembersInTurn? {
    node.kind == .object ? MembersInTurn(of: tape, from: index + 1, to: Int(node.next)) : nil
  }

  /// Takes the members of an object in the order in which they are written, for who knows that order: none is searched
  /// for. One that is there and is not what it is taken for stands in the way of all that follow.
  ///
  /// An object, so that the document is there for as long as it is. Nothing of it is generic: for whoever is in another
  /// module that would be looked up with each call.
  package final class MembersInTurn {
    private let tape: Tape
    private var at: Int
    private let end: Int

    fileprivate init(of tape: Tape, from start: Int, to end: Int) {
      self.tape = tape
      at = start
      self.end = end
    }

    /// Whether nothing is left, and nothing stood in the way.
    package var areAllTaken: Bool { at == end }

    /// The next member, when its name is exactly this one.
    package func take(_ name: StaticString) -> JSONDocument? { place(of: name).map { JSONDocument(tape, $0) } }

    package func takeString(_ name: StaticString) -> String? {
      guard let place = place(of: name) else { return nil }
      let node = tape.content.nodes[place]
      guard node.kind == .string else {
        obstruct()
        return nil
      }
      return tape.content.text(of: node)
    }

    package func takeInteger(_ name: StaticString) -> Int64? {
      guard let place = place(of: name) else { return nil }
      let integer = tape.content.integer(of: tape.content.nodes[place])
      if integer == nil { obstruct() }
      return integer
    }

    /// What was taken last stands in the way.
    package func obstruct() { at = .max }

    private func place(of name: StaticString) -> Int? {
      let place = at
      guard place < end, tape.content.isNamed(name, place) else { return nil }
      at = Int(tape.content.nodes[place + 1].next)
      return place + 1
    }
  }

  /// Nil when it is no array.
  package var array: Elements? { node.kind == .array ? elements : nil }

  /// None when it is no array.
  package var elements: Elements {
    let node = node
    return Elements(tape: tape, nodes: index + 1..<(node.kind == .array ? Int(node.next) : index + 1))
  }

  /// The elements of an array where they lie.
  package struct Elements: Collection, Sendable {
    /// Where an element's node is: its number among the elements is known to nobody.
    package struct Index: Comparable {
      fileprivate let node: Int
      package static func < (left: Index, right: Index) -> Bool { left.node < right.node }
    }

    fileprivate let tape: Tape
    fileprivate let nodes: Range<Int>

    package var startIndex: Index { Index(node: nodes.lowerBound) }
    package var endIndex: Index { Index(node: nodes.upperBound) }
    package subscript(position: Index) -> JSONDocument { JSONDocument(tape, position.node) }
    package func index(after position: Index) -> Index { Index(node: Int(tape.content.nodes[position.node].next)) }
  }

  /// In their order, `null` among them; none when it is no object.
  package var members: [(name: String, value: JSONDocument)] {
    guard node.kind == .object else { return [] }
    var members: [(String, JSONDocument)] = []
    var at = index + 1
    while at < Int(node.next) {
      members.append((tape.content.text(of: tape.content.nodes[at]), JSONDocument(tape, at + 1)))
      at = Int(tape.content.nodes[at + 1].next)
    }
    return members
  }

  // MARK: - Values

  /// A string; nil when it is anything else.
  package var string: String? {
    let node = node
    return node.kind == .string ? tape.content.text(of: node) : nil
  }

  /// A string, or a whole number or boolean as text.
  package var text: String? { tape.content.text(at: index) }

  /// The text of a member, as `self[name]?.text` is, without a part of the document in between.
  package func text(_ name: StaticString) -> String? {
    guard node.kind == .object, let member = tape.content.member(like: name, of: index) else { return nil }
    return tape.content.text(at: member)
  }

  /// A boolean; nil when it is anything else.
  package var bool: Bool? {
    switch node.kind {
    case .true: true
    case .false: false
    default: nil
    }
  }

  /// A boolean, which may be written as text.
  package var flag: Bool? {
    switch node.kind {
    case .true: true
    case .false: false
    case .string: Bool(tape.content.text(of: node).lowercased())
    default: nil
    }
  }

  /// The members that are texts.
  package var texts: [String: String] {
    var texts: [String: String] = [:]
    for (name, value) in members where texts[name] == nil { texts[name] = value.text }
    return texts
  }

  /// A whole number; nil when it is anything else.
  package var integer: Int64? { tape.content.integer(of: node) }

  /// All of it as a tree: for what belongs to others and is kept as it came.
  package var value: JSONValue {
    switch node.kind {
    case .null: .null
    case .true: .bool(true)
    case .false: .bool(false)
    case .number: tape.content.number(of: node) ?? .null
    case .string: .string(tape.content.text(of: node))
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
