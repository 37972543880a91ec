import CurlTransport
import FoundationEssentials
import HTTPTypes
import RecoveryCore

/// A token that is known: for the simulator.
struct FixedToken: TokenSource {
  let name = "fixed token"
  let value: String

  func token() async throws(Fault) -> AccessToken {
    AccessToken(value: value, lifetime: .seconds(86_400), source: name)
  }
}

/// The identity of the host: IMDS on machines (api-version 2018-02-01), or `IDENTITY_ENDPOINT` on App Service,
/// Functions and Container Apps (2019-08-01).
struct ManagedIdentitySource: TokenSource {
  let name = "managed identity"
  let request: TokenRequest
  let audience: String
  /// Where IMDS is; another address only for the simulator.
  var imds = "http://169.254.169.254"
  var identityEndpoint: String?
  var identityHeader: String?
  /// `client_id`, `object_id` or `msi_res_id` (`mi_res_id` for `IDENTITY_ENDPOINT`) of a user-assigned identity.
  var selector: (name: String, value: String)?

  func token() async throws(Fault) -> AccessToken {
    var call = TransferRequest(url: "")
    let resource = TokenRequest.escaped(audience + "/")
    var select = selector.map { "&\($0.name)=\(TokenRequest.escaped($0.value))" } ?? ""
    if let identityEndpoint, let identityHeader {
      select = select.replacing("msi_res_id", with: "mi_res_id")
      call.url = "\(identityEndpoint)?api-version=2019-08-01&resource=\(resource)\(select)"
      if let name = HTTPField.Name("X-IDENTITY-HEADER") { call.fields[name] = identityHeader }
    } else {
      call.url = "\(imds)/metadata/identity/oauth2/token?api-version=2018-02-01&resource=\(resource)\(select)"
      if let name = HTTPField.Name("Metadata") { call.fields[name] = "true" }
      // Off Azure nobody answers there: that is found out quickly.
      call.limits.connect = .seconds(2)
    }
    call.limits.whole = .seconds(30)
    call.allowsLinkLocal = true
    return try await request.run(call, retrying: [404, 410, 429])
  }
}

/// A service principal with a client secret.
struct ClientSecretSource: TokenSource {
  let name = "client secret"
  let request: TokenRequest
  let environment: CloudEnvironment
  let tenant: String
  let client: String
  let secret: String

  func token() async throws(Fault) -> AccessToken {
    try await request.run(
      TokenForm.request(environment, tenant, client, [("client_secret", secret)]), retrying: [429])
  }
}

/// Workload identity federation: the file rotates, so it is read for each token.
struct WorkloadIdentitySource: TokenSource {
  let name = "workload identity"
  let request: TokenRequest
  let environment: CloudEnvironment
  let tenant: String
  let client: String
  let file: String

  func token() async throws(Fault) -> AccessToken {
    guard let data = try? Data(contentsOf: URL(filePath: file)), !data.isEmpty else {
      throw Fault(
        .unauthenticated, code: "FederatedTokenUnreadable", message: "workload identity: the token file cannot be read",
        resource: file)
    }
    var assertion = String(decoding: data, as: UTF8.self)
    while assertion.last?.isWhitespace ?? false { assertion.removeLast() }
    return try await request.run(
      TokenForm.request(
        environment, tenant, client,
        [
          ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
          ("client_assertion", assertion),
        ]), retrying: [429])
  }
}

/// The first source that has a token; from then on it alone is asked.
actor CredentialChain: TokenSource {
  nonisolated let name = "credential chain"
  private let sources: [any TokenSource]
  private var chosen: (any TokenSource)?

  init(_ sources: [any TokenSource]) { self.sources = sources }

  func token() async throws(Fault) -> AccessToken {
    if let chosen { return try await chosen.token() }
    var reasons: [String] = []
    for source in sources {
      do throws(Fault) {
        let token = try await source.token()
        chosen = source
        return token
      } catch {
        if error.kind == .stopped { throw error }
        reasons.append(error.message)
      }
    }
    throw Fault(
      .unauthenticated, code: "NoCredential",
      message: reasons.isEmpty ? "no identity is configured" : reasons.joined(separator: "; "), resource: "identity")
  }
}

private enum TokenForm {
  /// OAuth 2.0 client credentials, `{authority}/{tenant}/oauth2/v2.0/token`.
  static func request(
    _ environment: CloudEnvironment, _ tenant: String, _ client: String, _ proof: [(String, String)]
  ) -> TransferRequest {
    var request = TransferRequest(
      method: .post, url: "\(environment.authorityHost)/\(TokenRequest.escaped(tenant))/oauth2/v2.0/token")
    request.fields[.contentType] = "application/x-www-form-urlencoded"
    request.body = TokenRequest.form(
      [("grant_type", "client_credentials"), ("client_id", client), ("scope", environment.audience + "/.default")]
        + proof)
    request.limits.whole = .seconds(30)
    return request
  }
}
