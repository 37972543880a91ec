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
    var trimmed = Substring(text)
    while trimmed.last == "/" { trimmed.removeLast() }
    let segments = trimmed.split(separator: "/", omittingEmptySubsequences: false)
    guard segments.count >= 3, segments[0].isEmpty, segments[1].lowercased() == "subscriptions",
      !segments.dropFirst().contains(where: { $0.isEmpty }),
      !trimmed.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") })
    else { return nil }
    self.text = String(trimmed)
    self.key = trimmed.lowercased()
  }

  private init(text: String) {
    self.text = text
    self.key = text.lowercased()
  }

  /// The subscription that holds the resource. A recovery machine may be in another one than its vault.
  public var subscription: String { segment(after: "subscriptions") ?? "" }
  public var resourceGroup: String? { segment(after: "resourcegroups") }
  public var name: String { text.split(separator: "/").last.map(String.init) ?? text }

  /// The id of a resource below this one; `path` has no leading slash.
  public func appending(_ path: String) -> ResourceID { ResourceID(text: text + "/" + path) }

  /// The id of a virtual machine in a resource group: what ASR will create when it has not said so yet.
  public static func machine(named name: String, in resourceGroup: ResourceID) -> ResourceID {
    resourceGroup.appending("providers/Microsoft.Compute/virtualMachines/\(name)")
  }

  /// Whether the id has the shape of a virtual machine.
  public var isVirtualMachine: Bool {
    key.contains("/providers/microsoft.compute/virtualmachines/")
      && key.split(separator: "/").dropLast().last == "virtualmachines"
  }

  public var description: String { text }

  private func segment(after name: String) -> String? {
    let segments = text.split(separator: "/")
    guard let at = segments.firstIndex(where: { $0.lowercased() == name }), at + 1 < segments.count else { return nil }
    return String(segments[at + 1])
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
