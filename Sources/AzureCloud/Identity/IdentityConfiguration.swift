/// Who signs in.
public enum IdentityConfiguration: Sendable {
  /// The order of the official SDKs: client secret from the environment, workload identity, managed identity.
  case automatic
  case managedIdentity(Selector?)
  case workloadIdentity(tenant: String?, client: String?, tokenFile: String?)
  case clientSecret(tenant: String, client: String, secret: String)
  case token(String)

  /// Which user-assigned identity; the system-assigned one when there is no selector.
  public enum Selector: Sendable {
    case clientID(String)
    case objectID(String)
    case resourceID(String)
  }
}

extension IdentityConfiguration {
  /// The source of tokens, made from the configuration and the process environment.
  func source(
    _ cloud: CloudEnvironment, imds: String?, environment: [String: String], exchange: any HTTPExchange, pause: Pause,
    secrets: Secrets
  ) -> any TokenSource {
    func request(_ name: String) -> TokenRequest {
      TokenRequest(exchange: exchange, pause: pause, secrets: secrets, name: name)
    }
    if case .clientSecret(_, _, let secret) = self { secrets.keep(secret) }
    if case .token(let value) = self { secrets.keep(value) }
    for name in ["AZURE_CLIENT_SECRET", "IDENTITY_HEADER"] { environment[name].map { secrets.keep($0) } }
    func managed(_ selector: Selector?) -> ManagedIdentitySource {
      var source = ManagedIdentitySource(request: request("managed identity"), audience: cloud.audience)
      if let imds { source.imds = imds }
      source.identityEndpoint = environment["IDENTITY_ENDPOINT"]
      source.identityHeader = environment["IDENTITY_HEADER"]
      source.selector = selector.map { selector in
        switch selector {
        case .clientID(let id): ("client_id", id)
        case .objectID(let id): ("object_id", id)
        case .resourceID(let id): ("msi_res_id", id)
        }
      }
      return source
    }
    func workload(_ tenant: String?, _ client: String?, _ file: String?) -> (any TokenSource)? {
      guard let tenant = tenant ?? environment["AZURE_TENANT_ID"],
        let client = client ?? environment["AZURE_CLIENT_ID"],
        let file = file ?? environment["AZURE_FEDERATED_TOKEN_FILE"]
      else { return nil }
      return WorkloadIdentitySource(
        request: request("workload identity"), environment: cloud, tenant: tenant, client: client, file: file)
    }
    switch self {
    case .token(let value): return FixedToken(value: value)
    case .clientSecret(let tenant, let client, let secret):
      return ClientSecretSource(
        request: request("client secret"), environment: cloud, tenant: tenant, client: client, secret: secret)
    case .managedIdentity(let selector): return managed(selector)
    case .workloadIdentity(let tenant, let client, let file):
      return workload(tenant, client, file) ?? CredentialChain([])
    case .automatic:
      var sources: [any TokenSource] = []
      if let tenant = environment["AZURE_TENANT_ID"], let client = environment["AZURE_CLIENT_ID"],
        let secret = environment["AZURE_CLIENT_SECRET"]
      {
        sources.append(
          ClientSecretSource(
            request: request("client secret"), environment: cloud, tenant: tenant, client: client, secret: secret))
      }
      if let workload = workload(nil, nil, nil) { sources.append(workload) }
      sources.append(managed(environment["AZURE_CLIENT_ID"].map { .clientID($0) }))
      return CredentialChain(sources)
    }
  }
}
