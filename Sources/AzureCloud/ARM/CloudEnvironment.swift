/// One of Azure's clouds: where ARM is, where tokens come from, and who may be sent one.
public struct CloudEnvironment: Sendable {
  public let name: String
  /// Without a trailing slash.
  public let endpoint: String
  public let authorityHost: String
  public let audience: String

  public static let azure = CloudEnvironment(
    name: "azure", endpoint: "https://management.azure.com", authorityHost: "https://login.microsoftonline.com",
    audience: "https://management.azure.com")
  public static let azureUSGovernment = CloudEnvironment(
    name: "azureUSGovernment", endpoint: "https://management.usgovcloudapi.net",
    authorityHost: "https://login.microsoftonline.us", audience: "https://management.usgovcloudapi.net")
  public static let azureChina = CloudEnvironment(
    name: "azureChina", endpoint: "https://management.chinacloudapi.cn",
    authorityHost: "https://login.chinacloudapi.cn", audience: "https://management.chinacloudapi.cn")

  /// An ARM-speaking peer on this machine.
  public static func simulator(_ endpoint: String, authorityHost: String? = nil) -> CloudEnvironment {
    CloudEnvironment(
      name: "simulator", endpoint: endpoint, authorityHost: authorityHost ?? endpoint,
      audience: "https://management.azure.com")
  }

  /// Whether an absolute URL that an answer named lies on the configured ARM host: scheme, host and port are the same.
  /// Bearer tokens go there and nowhere else.
  public func trusts(_ url: String) -> Bool {
    let ours = endpoint.lowercased()
    guard url.count > ours.count, url.prefix(ours.count).lowercased() == ours else { return false }
    let next = url[url.index(url.startIndex, offsetBy: ours.count)]
    return next == "/" || next == "?"
  }
}
