/// The ARM id of a resource, compared without case.
///
/// ARM ids are case-insensitive and come back with odd casing (`/Subscriptions/`, `resourcegroups`, or wholly
/// lower-cased), so equality and hashing use the lower-cased form while URLs are built from the text as it came.
public struct ResourceID: Sendable, CustomStringConvertible {
  /// The id as it was received, without a trailing slash.
  public let text: String
  /// The lower-cased id: what is compared, hashed, and used as a key.
  public let key: String

  /// Nil unless the text is an absolute id below a subscription, with a value for each name.
  public init?(_ text: String) {
    // In bytes: every item of every page comes through here, many times.
    let slash = UInt8(ascii: "/")
    let bytes = text.utf8Span.span
    var count = bytes.count
    while count > 0, bytes[count - 1] == slash { count -= 1 }
    let start: StaticString = "/subscriptions/"
    guard count > start.utf8CodeUnitCount else { return nil }
    for at in 0..<start.utf8CodeUnitCount {
      let wanted = unsafe start.utf8Start[at]
      guard bytes[at] == wanted || (bytes[at] | 0x20 == wanted && wanted != slash) else { return nil }
    }
    let look = ResourceID.look(at: bytes.extracting(0..<count))
    guard !look.mayBeOdd || ResourceID.isClean(bytes.extracting(0..<count)) else { return nil }
    self.text = count == bytes.count ? text : String(decoding: text.utf8.prefix(count), as: UTF8.self)
    // Site Recovery writes machines' ids in lower case: those are kept once.
    key = look.mayHaveCapitals ? self.text.lowercased() : self.text
  }

  /// What has no place in an id, or an empty name.
  private static func isClean(_ bytes: Span<UInt8>) -> Bool {
    var previous: UInt8 = 0
    for at in bytes.indices {
      let byte = bytes[at]
      if byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") { return false }
      if byte == UInt8(ascii: "/"), previous == byte { return false }
      previous = byte
    }
    return true
  }

  /// Eight bytes at a time: whether there may be what `isClean` has to look for, and whether there may be capitals.
  ///
  /// - Parameter bytes: at least eight.
  private static func look(at bytes: Span<UInt8>) -> (mayBeOdd: Bool, mayHaveCapitals: Bool) {
    func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
    var (odd, capital): (UInt64, UInt64) = (0, 0)
    var at = 0
    while true {
      let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self)
      // Each in the top bit of a byte: controls, spaces and `#`; `?`; DEL and what is not ASCII; a slash behind another.
      odd |= (word &- each(0x24)) & ~word
      let questions = word ^ each(UInt8(ascii: "?"))
      odd |= (questions &- each(1)) & ~questions
      odd |= word | (word &+ each(1))
      let slashes = ~((((word ^ each(UInt8(ascii: "/"))) & each(0x7F)) &+ each(0x7F)) | word)
      odd |= slashes & (slashes << 8)
      // Of letters, a capital lacks the sixth bit.
      capital |= word & ~(word << 1)
      guard at < bytes.count - 8 else { break }
      // One byte of each word is the next one's as well: no two neighbours are missed.
      at = min(at + 7, bytes.count - 8)
    }
    let mayBeOdd = odd & each(0x80) != 0
    return (mayBeOdd, mayBeOdd || capital & each(0x40) != 0)
  }

  private init(text: String) {
    self.text = text
    let lower = text.lowercased()
    self.key = lower == text ? text : lower
  }

  /// The subscription that holds the resource. A recovery machine may be in another one than its vault.
  public var subscription: String { segment(after: "subscriptions") ?? "" }
  public var resourceGroup: String? { segment(after: "resourcegroups") }
  public var name: String {
    guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { return text }
    return String(text[text.utf8.index(after: slash)...])
  }

  /// The id of a resource below this one; `path` has no leading slash.
  public func appending(_ path: String) -> ResourceID { ResourceID(text: text + "/" + path) }

  /// The id of a virtual machine in a resource group: what ASR will create when it has not said so yet.
  public static func machine(named name: String, in resourceGroup: ResourceID) -> ResourceID {
    resourceGroup.appending("providers/Microsoft.Compute/virtualMachines/\(name)")
  }

  public static func subscription(_ id: String) -> ResourceID { ResourceID(text: "/subscriptions/\(id)") }

  /// The id of the resource group that holds the resource.
  public var group: ResourceID? {
    resourceGroup.map { ResourceID(text: "/subscriptions/\(subscription)/resourceGroups/\($0)") }
  }

  /// Whether the id has the shape of a virtual machine.
  public var isVirtualMachine: Bool {
    key.contains("/providers/microsoft.compute/virtualmachines/")
      && key.split(separator: "/").dropLast().last == "virtualmachines"
  }

  public var description: String { text }

  private func segment(after name: String) -> String? {
    let segments = text.utf8.split(separator: UInt8(ascii: "/"))
    let at = segments.firstIndex { Substring($0).lowercased() == name }
    guard let at, at + 1 < segments.count else { return nil }
    return String(Substring(segments[at + 1]))
  }
}

extension ResourceID: Hashable, Comparable {
  public static func == (left: ResourceID, right: ResourceID) -> Bool { left.key == right.key }
  public static func < (left: ResourceID, right: ResourceID) -> Bool { left.key < right.key }
  public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

extension ResourceID: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let id = ResourceID(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not an ARM resource id"))
    }
    self = id
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
