import CurlTransport
import FoundationEssentials
import HTTPTypes
import JSONReading
public import RecoveryCore

/// Azure, by its REST APIs.
public struct AzureCloud: Cloud {
  /// The api-versions that are asked for.
  public struct Versions: Sendable {
    public var siteRecovery = "2025-08-01"
    public var compute = "2024-07-01"
    public var monitor = "2023-03-11"

    public init() {}
  }

  var client: ARMClient
  private var logAnalytics: ARMClient
  let versions: Versions
  private let connect: @Sendable (CloudEnvironment) -> ARMClient

  /// - Parameters:
  ///   - imds: where IMDS is; another address only for a simulated cloud.
  ///   - limits: what ARM allows.
  ///   - uptime: time that only goes forward, for the budgets.
  ///   - secrets: what no error may repeat; what is signed in with and sent as protected settings is added to it.
  ///   - environment: the process environment, for the credential chain.
  public init(
    _ cloud: CloudEnvironment, identity: IdentityConfiguration, imds: String? = nil, versions: Versions = Versions(),
    budgets limits: RequestBudget.Limits = RequestBudget.Limits(),
    exchange: any HTTPExchange, environment: [String: String] = [:], pause: Pause = Pause(),
    uptime: @escaping @Sendable () -> Duration = AzureCloud.uptime(), secrets: Secrets = Secrets()
  ) {
    let connect: @Sendable (CloudEnvironment) -> ARMClient = { cloud in
      let source = identity.source(
        cloud, imds: imds, environment: environment, exchange: exchange, pause: pause, secrets: secrets)
      return ARMClient(
        connection: ARMClient.Connection(
          environment: cloud, tokens: TokenCache(source), exchange: exchange, pause: pause,
          budget: BudgetKeeper(limits: limits, uptime: uptime), secrets: secrets))
    }
    client = connect(cloud)
    logAnalytics = connect(cloud.forLogAnalytics)
    self.connect = connect
    self.versions = versions
  }

  /// - Parameters:
  ///   - endpoint: of a data collection rule or endpoint; who configures it vouches for it, for a token is sent there.
  ///   - rule: its immutable id.
  public func logsIngestion(at endpoint: String, rule: String, stream: String) -> LogsIngestion {
    LogsIngestion(client: connect(client.environment.forIngestion(at: endpoint)), rule: rule, stream: stream)
  }

  /// A token that Azure Database for PostgreSQL takes for a password, renewed before it is over: one for each log-in.
  public func databasePassword() -> @Sendable () async throws -> String? {
    let client = connect(client.environment.forDatabase)
    return {
      let token = try await client.tokens.token()
      client.secrets.keep(token: token.value)
      return token.value
    }
  }

  /// The host's, which does not jump.
  public static func uptime() -> @Sendable () -> Duration {
    let start = ContinuousClock.now
    return { ContinuousClock.now - start }
  }

  public func asking(with urgency: Urgency) -> any Cloud {
    var cloud = self
    cloud.client.urgency = urgency
    cloud.logAnalytics.urgency = urgency
    return cloud
  }

  public func acting(while tenure: Tenure) -> any Cloud {
    var cloud = self
    cloud.client.tenure = tenure
    return cloud
  }

  public var executor: (any TaskExecutor)? { client.exchange.executor }

  public func budgets() async -> [BudgetReport] { client.budget.report() }

  // MARK: - Site Recovery

  public func protectedItems(
    in vault: ResourceID, page: String?, unless known: KnownPage?
  ) async throws(Fault) -> ItemPage {
    let url = page ?? client.url("\(vault.text)/replicationProtectedItems", version: versions.siteRecovery)
    let answer = try await client.send(.get, url, limits: ARMClient.page)
    let digest = unsafe ByteDigest.of(answer.body.span.bytes)
    if let known, known.digest == digest { return ItemPage(known: known) }
    let document = try client.decode(answer, from: url)
    guard let rows = document["value"]?.array else {
      throw Fault(
        .unintelligible, code: "UnintelligibleAnswer", message: "the item list has no value",
        resource: ARMClient.resource(of: url))
    }
    var listing = ItemPage(items: [], next: try next(document, after: url), digest: digest)
    listing.items.reserveCapacity(rows.count)
    for row in rows {
      if let item = ProtectedItem(row, in: vault) {
        listing.items.append(item)
      } else {
        let name = ErrorEnvelope.clean(row.text("name") ?? "?", atMost: 100)
        listing.unreadable.append("a row named '\(name)' has no id or no properties")
      }
    }
    return listing
  }

  public func protectedItem(_ id: ResourceID, in vault: ResourceID) async throws(Fault) -> ProtectedItem {
    let document = try await client.get(client.url(id.text, version: versions.siteRecovery))
    guard let item = ProtectedItem(document, in: vault) else {
      throw Fault(
        .unintelligible, code: "UnintelligibleAnswer", message: "the item has no id or no properties", resource: id.text
      )
    }
    return item
  }

  public func jobs(in vault: ResourceID, since: Timestamp) async throws(Fault) -> [ReplicationJob] {
    // `StartTime eq` means "from then on", although the operator says otherwise.
    let filter = TokenRequest.escaped("StartTime eq '\(since.iso8601)'")
    let url = client.url("\(vault.text)/replicationJobs", version: versions.siteRecovery, query: "&$filter=\(filter)")
    return try await all(url).compactMap { ReplicationJob($0) }
  }

  public func recoveryPlans(in vault: ResourceID) async throws(Fault) -> [RecoveryPlan] {
    let url = client.url("\(vault.text)/replicationRecoveryPlans", version: versions.siteRecovery)
    return try await all(url).compactMap { RecoveryPlan($0) }
  }

  // MARK: - Compute and Monitor

  public func machine(_ id: ResourceID) async throws(Fault) -> Machine? {
    let url = client.url(id.text, version: versions.compute, query: "&$expand=instanceView")
    do throws(Fault) {
      guard var machine = Machine(try await client.get(url)) else {
        throw Fault(
          .unintelligible, code: "UnintelligibleAnswer", message: "the machine has no id or no properties",
          resource: id.text)
      }
      machine.hide(client.secrets)
      return machine
    } catch {
      // `ResourceNotFound`, `NotFound` or `ResourceGroupNotFound`: a 404 decides.
      if error.kind == .notFound { return nil }
      throw error
    }
  }

  public func associations(of machine: ResourceID) async throws(Fault) -> [Association] {
    let path = "\(machine.text)/providers/Microsoft.Insights/dataCollectionRuleAssociations"
    return try await all(client.url(path, version: versions.monitor)).compactMap { Association($0) }
  }

  public func rows(
    of machine: ResourceID, after former: ResourceID?, in sources: [DataSource], since: Timestamp
  ) async throws(Fault) -> [DataSource: DataSpan] {
    var spans: [DataSource: DataSpan] = [:]
    for source in sources {
      spans[source] = try await LogQuery(client: logAnalytics).span(
        of: machine, after: former, in: source, since: since)
    }
    return spans
  }

  // MARK: - Effects

  public func begin(_ effect: Effect) async throws(Fault) -> Progress {
    let compute = LongRunningOperation(client: client, version: versions.compute)
    switch effect {
    case .setIdentity(let machine, let identity):
      let url = client.url(machine.text, version: versions.compute)
      return try compute.begun(try await client.send(.patch, url, body: identity.body), .patch, on: machine)
    case .putExtension(let machine, let location, let wanted, let tag):
      let resource = machine.appending("extensions/\(TokenRequest.escaped(wanted.name))")
      let secrets = try protectedSettings(of: wanted)
      let body = ExtensionResource.body(
        wanted, location: location, forceUpdateTag: tag, protectedSettings: secrets)
      let url = client.url(resource.text, version: versions.compute)
      return try compute.begun(try await client.send(.put, url, body: body), .put, on: resource)
    case .deleteExtension(let machine, let name):
      let resource = machine.appending("extensions/\(TokenRequest.escaped(name))")
      do throws(Fault) {
        let answer = try await client.send(.delete, client.url(resource.text, version: versions.compute))
        return try compute.begun(answer, .delete, on: resource)
      } catch {
        if error.kind == .notFound { return .done }
        throw error
      }
    case .putAssociation(let machine, let association):
      // Synchronous; a create answers 200 or 201 alike.
      let url = associationURL(machine, association.name)
      try client.document(of: try await client.send(.put, url, body: association.body), from: url)
      return .done
    case .deleteAssociation(let machine, let name):
      do throws(Fault) {
        let url = associationURL(machine, name)
        try client.document(of: try await client.send(.delete, url), from: url)
      } catch {
        // Gone with its machine.
        guard error.kind == .notFound else { throw error }
      }
      return .done
    }
  }

  private func associationURL(_ machine: ResourceID, _ name: String) -> String {
    client.url(
      "\(machine.text)/providers/Microsoft.Insights/dataCollectionRuleAssociations/\(TokenRequest.escaped(name))",
      version: versions.monitor)
  }

  public func poll(_ operation: OperationHandle) async throws(Fault) -> Progress {
    try await LongRunningOperation(client: client, version: versions.compute).poll(operation)
  }

  /// Protected settings that stand in a file: read now, sent, and kept nowhere.
  private func protectedSettings(of wanted: DesiredExtension) throws(Fault) -> JSONValue? {
    guard case .file(let path)? = wanted.protectedSettings else { return nil }
    guard let members = AzureCloud.protectedSettings(inFile: path) else {
      throw Fault(
        .unsupplied, code: "ProtectedSettingsUnreadable",
        message: "the protected settings of \(wanted.kind) cannot be read: it must be a file with one JSON object",
        resource: path)
    }
    client.secrets.keep(all: members)
    return members
  }

  private static func protectedSettings(inFile path: String) -> JSONValue? {
    guard let data = try? Data(contentsOf: URL(filePath: path)), let document = JSONValue(parsing: data),
      case .object = document
    else { return nil }
    return document
  }

  /// Makes sure that no error repeats what stands in these files, also of an install that an earlier process began.
  public func hideProtectedSettings(inFiles paths: [String]) {
    for path in paths { AzureCloud.protectedSettings(inFile: path).map { client.secrets.keep(all: $0) } }
  }

  // MARK: - Paging

  /// Lists that are small: a machine's associations, an hour's jobs.
  func all(_ first: String) async throws(Fault) -> [JSONDocument] {
    var rows: [JSONDocument] = []
    var trail = PageTrail(ARMClient.resource(of: first))
    var url: String? = first
    while let here = url {
      let document = try await client.get(here, limits: ARMClient.page)
      let before = rows.count
      if let page = document["value"]?.elements { rows += page }
      url = try next(document, after: here)
      try trail.step(rows: rows.count - before, next: url)
      guard rows.count <= AzureCloud.mostRows else {
        throw Fault(
          .unintelligible, code: "EndlessPages", message: "the list has more than \(AzureCloud.mostRows) rows",
          resource: ARMClient.resource(of: first))
      }
    }
    return rows
  }

  /// Of lists that are held whole.
  private static let mostRows = 20_000

  /// `nextLink` is used as it is, and from the configured host only.
  private func next(_ document: JSONDocument, after url: String) throws(Fault) -> String? {
    guard let link = document.text("nextLink"), !link.isEmpty else { return nil }
    guard client.environment.trusts(link) else {
      throw Fault(
        .untrusted, code: "UntrustedHost", message: "a nextLink leads outside of \(client.environment.endpoint)",
        resource: ARMClient.resource(of: url))
    }
    return link
  }
}
