/// An instance view status code: `<Kind>/<state>[/<detail>]`, for example `ProvisioningState/NotReady/1009`.
///
/// Codes are an open set. They are compared by their second segment without case, and kept as they came.
public struct StatusCode: Hashable, Sendable, Codable, CustomStringConvertible {
  public let text: String

  public init(_ text: String) { self.text = text }

  public var kind: String { segment(0) }
  /// The lower-cased second segment: `succeeded`, `unresponsive`, `notready`, `running`...
  public var state: String { segment(1) }
  public var detail: String? { segment(2).isEmpty ? nil : segment(2) }
  public var description: String { text }

  private func segment(_ index: Int) -> String {
    let segments = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 2)
    return index < segments.count ? Substring(segments[index]).lowercased() : ""
  }

  public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
