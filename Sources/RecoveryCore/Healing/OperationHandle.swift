/// A running operation as Azure named it, journalled with its addresses under seal so that a restart resumes it.
public struct OperationHandle: Hashable, Sendable, Codable {
  /// What the operation works on.
  public var resource: ResourceID
  public var kind: Kind
  /// `Azure-AsyncOperation`.
  public var statusURL: OperationURL?
  /// `Location`, where there is no `Azure-AsyncOperation`.
  public var locationURL: OperationURL?
  public var correlationID: String?

  public enum Kind: String, Sendable, Codable { case put, patch, delete }

  public init(
    resource: ResourceID, kind: Kind, statusURL: OperationURL?, locationURL: OperationURL?,
    correlationID: String? = nil
  ) {
    self.resource = resource
    self.kind = kind
    self.statusURL = statusURL
    self.locationURL = locationURL
    self.correlationID = correlationID
  }

  /// Lets the addresses share what they have in common with those of other operations.
  public mutating func share(_ certificates: inout OperationURL.Certificates) {
    statusURL?.share(&certificates)
    locationURL?.share(&certificates)
  }
}

/// Where a running operation is asked for. It is signed and up to 4 KB long: used byte for byte, and never logged.
///
/// Most of it is the certificate of who signed it, the query's argument `c`. It is good for a year, so the URLs of
/// thousands of operations should have it in common; where they do not, each is kept whole. Source: a URL signed by
/// `asyncoperationsigningcertificate.management.azure.com` in Azure's documentation of `Microsoft.ManagedNetworkFabric`
/// (api-version 2022-01-15-privatepreview).
public struct OperationURL: Hashable, Sendable {
  /// A reference: most steps have no operation, and should have no room for one.
  private var parts: Parts

  private final class Parts: Sendable {
    let start: String
    let certificate: String
    let end: String

    init(_ start: String, _ certificate: String, _ end: String) {
      self.start = start
      self.certificate = certificate
      self.end = end
    }
  }

  public init(_ text: String) { parts = Parts(text, "", "") }

  public var text: String { parts.start + parts.certificate + parts.end }

  public static func == (one: OperationURL, other: OperationURL) -> Bool {
    one.parts === other.parts || one.text == other.text
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(text) }

  /// Certificates that URLs have in common.
  public struct Certificates: Sendable {
    /// One for each region that answers is expected. With more, what was shared stays so, and it begins anew.
    private static let most = 64

    private var known: Set<String> = []

    public init() {}

    fileprivate mutating func shared(_ certificate: String) -> String {
      if known.count >= Certificates.most, !known.contains(certificate) { known.removeAll() }
      return known.insert(certificate).memberAfterInsert
    }
  }

  /// Keeps a certificate once for all URLs that it stands in.
  public mutating func share(_ certificates: inout Certificates) {
    let text = text
    guard let mark = text.utf8.firstRange(of: "&c=".utf8) else { return }
    let end = text[mark.upperBound...].utf8.firstIndex(of: UInt8(ascii: "&")) ?? text.endIndex
    let certificate = certificates.shared(String(text[mark.upperBound..<end]))
    parts = Parts(String(text[..<mark.upperBound]), certificate, String(text[end...]))
  }
}

extension OperationURL: Codable {
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
