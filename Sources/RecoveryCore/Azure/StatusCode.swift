/// An instance view status code: `<Kind>/<state>[/<detail>]`, for example `ProvisioningState/NotReady/1009`.
///
/// Codes are an open set. They are compared by their second segment without case, and kept as they came.
public struct StatusCode: Hashable, Sendable, Codable, CustomStringConvertible {
  public let text: String

  public init(_ text: String) { self.text = text }

  /// Whether the first segment is this one; `kind` is in lower case.
  public func isOf(kind: String) -> Bool {
    let ours = text.utf8Span.span
    let wanted = kind.utf8Span.span
    guard ours.count >= wanted.count else { return false }
    for at in wanted.indices where ours[at] | 0x20 != wanted[at] { return false }
    return ours.count == wanted.count || ours[wanted.count] == UInt8(ascii: "/")
  }

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
