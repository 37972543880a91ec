/// One of Azure's clouds: where ARM is, where tokens come from, and who may be sent one.
public struct CloudEnvironment: Sendable {
  public let name: String
  /// Without a trailing slash.
  public let endpoint: String
  public let authorityHost: String
  public let audience: String
  /// Where Log Analytics is asked, which is also its tokens' audience.
  public let logAnalytics: String
  public let logAnalyticsAudience: String
  /// The audience of tokens for Logs Ingestion, whose endpoints each customer makes.
  public let ingestionAudience: String
  /// The audience of tokens that Azure Database for PostgreSQL takes for passwords (`ossrdbms_resource_id` of azure-cli).
  public let databaseAudience: String

  init(
    name: String, endpoint: String, authorityHost: String, audience: String, logAnalytics: String,
    logAnalyticsAudience: String? = nil, ingestionAudience: String,
    databaseAudience: String = "https://ossrdbms-aad.database.windows.net"
  ) {
    self.name = name
    self.endpoint = endpoint
    self.authorityHost = authorityHost
    self.audience = audience
    self.logAnalytics = logAnalytics
    self.logAnalyticsAudience = logAnalyticsAudience ?? logAnalytics
    self.ingestionAudience = ingestionAudience
    self.databaseAudience = databaseAudience
  }

  /// The same cloud, with Log Analytics in the place of ARM: tokens for the one are never sent to the other.
  var forLogAnalytics: CloudEnvironment {
    CloudEnvironment(
      name: name, endpoint: logAnalytics, authorityHost: authorityHost, audience: logAnalyticsAudience,
      logAnalytics: logAnalytics, ingestionAudience: ingestionAudience)
  }

  /// The same cloud, with an endpoint for Logs Ingestion in the place of ARM.
  func forIngestion(at endpoint: String) -> CloudEnvironment {
    CloudEnvironment(
      name: name, endpoint: endpoint, authorityHost: authorityHost, audience: ingestionAudience,
      logAnalytics: logAnalytics, ingestionAudience: ingestionAudience)
  }

  /// The same cloud, for tokens that a database takes: nothing is asked there by HTTP.
  var forDatabase: CloudEnvironment {
    CloudEnvironment(
      name: name, endpoint: endpoint, authorityHost: authorityHost, audience: databaseAudience,
      logAnalytics: logAnalytics, ingestionAudience: ingestionAudience)
  }

  public static let azure = CloudEnvironment(
    name: "azure", endpoint: "https://management.azure.com", authorityHost: "https://login.microsoftonline.com",
    audience: "https://management.azure.com", logAnalytics: "https://api.loganalytics.io",
    ingestionAudience: "https://monitor.azure.com")
  public static let azureUSGovernment = CloudEnvironment(
    name: "azureUSGovernment", endpoint: "https://management.usgovcloudapi.net",
    authorityHost: "https://login.microsoftonline.us", audience: "https://management.usgovcloudapi.net",
    logAnalytics: "https://api.loganalytics.us", ingestionAudience: "https://monitor.azure.us",
    databaseAudience: "https://ossrdbms-aad.database.usgovcloudapi.net")
  public static let azureChina = CloudEnvironment(
    name: "azureChina", endpoint: "https://management.chinacloudapi.cn",
    authorityHost: "https://login.chinacloudapi.cn", audience: "https://management.chinacloudapi.cn",
    logAnalytics: "https://api.loganalytics.azure.cn", ingestionAudience: "https://monitor.azure.cn",
    databaseAudience: "https://ossrdbms-aad.database.chinacloudapi.cn")

  /// An ARM-speaking peer on this machine.
  public static func simulator(_ endpoint: String, authorityHost: String? = nil) -> CloudEnvironment {
    CloudEnvironment(
      name: "simulator", endpoint: endpoint, authorityHost: authorityHost ?? endpoint,
      audience: "https://management.azure.com", logAnalytics: endpoint,
      logAnalyticsAudience: "https://api.loganalytics.io", ingestionAudience: "https://monitor.azure.com")
  }

  /// Whether an absolute URL that an answer named lies on the configured ARM host: scheme, host and port are the same.
  /// Bearer tokens go there and nowhere else.
  public func trusts(_ url: String) -> Bool {
    let ours = endpoint.utf8Span.span
    let theirs = url.utf8Span.span
    guard theirs.count > ours.count else { return false }
    for at in ours.indices where !CloudEnvironment.isAlike(ours[at], theirs[at]) { return false }
    let next = theirs[ours.count]
    return next == UInt8(ascii: "/") || next == UInt8(ascii: "?")
  }

  /// Whether both are one letter, whatever its case, or one other byte.
  private static func isAlike(_ left: UInt8, _ right: UInt8) -> Bool {
    guard left != right else { return true }
    let letter = left | 0x20
    return letter == right | 0x20 && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
  }
}
