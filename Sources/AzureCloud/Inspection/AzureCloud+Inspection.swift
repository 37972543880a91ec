import CurlTransport
import JSONReading
public import RecoveryCore

extension AzureCloud: CloudInspection {
  /// Whatever ARM answers, it says what time it is. This document is there for everybody.
  public func time() async throws(Fault) -> Timestamp {
    let url = "\(client.environment.endpoint)/metadata/endpoints?api-version=2022-09-01"
    let resource = ARMClient.resource(of: url)
    let answer: TransferResponse
    do throws(TransportError) {
      answer = try await client.exchange.send(TransferRequest(url: url, limits: ARMClient.one))
    } catch {
      throw Fault(error, resource: resource)
    }
    guard let time = answer.header("Date").flatMap({ Timestamp(httpDate: $0) }) else {
      throw .unintelligible("the answer has no Date", resource: resource, answer: answer)
    }
    return time
  }

  public func signIn() async throws(Fault) -> Principal {
    let token = try await client.tokens.token()
    client.secrets.keep(token: token.value)
    return Principal(source: token.source, objectID: token.objectID)
  }

  /// Source: Authorization, Permissions_ListForResourceGroup and Permissions_ListForResource, api-version 2022-04-01.
  public func permissions(at scope: ResourceID) async throws(Fault) -> [Permission] {
    let url = client.url("\(scope.text)/providers/Microsoft.Authorization/permissions", version: "2022-04-01")
    return try await all(url).map { row in
      Permission(
        actions: row["actions"]?.elements.compactMap(\.text) ?? [],
        notActions: row["notActions"]?.elements.compactMap(\.text) ?? [])
    }
  }

  /// Source: Compute, VirtualMachineExtensionImages_ListVersions, api-version 2024-07-01: an array, not a page.
  public func versions(of kind: ExtensionKind, in region: ComputeRegion) async throws(Fault) -> [String] {
    let publisher = TokenRequest.escaped(kind.publisher)
    let path =
      "/subscriptions/\(region.subscription)/providers/Microsoft.Compute/locations/\(region.location)"
      + "/publishers/\(publisher)/artifacttypes/vmextension/types/\(TokenRequest.escaped(kind.type))/versions"
    do throws(Fault) {
      let url = client.url(path, version: versions.compute)
      guard let rows = try await client.get(url, limits: ARMClient.page).array else {
        throw Fault(
          .unintelligible, code: "UnintelligibleAnswer", message: "the versions are no list",
          resource: ARMClient.resource(of: url))
      }
      return rows.compactMap { $0.text("name") }
    } catch {
      // A type that the region does not have: an empty list, or 404 `ArtifactNotFound`.
      if error.status == 404 { return [] }
      throw error
    }
  }

  public func resource(_ id: ResourceID) async throws(Fault) -> RegionalResource? {
    do throws(Fault) {
      let document = try await client.get(client.url(id.text, version: version(of: id)))
      guard let location = document.text("location") else {
        throw Fault(
          .unintelligible, code: "UnintelligibleAnswer", message: "the resource has no location", resource: id.text)
      }
      return RegionalResource(
        id: id, location: location,
        isEnabledForDeployment: document["properties"]?["enabledForDeployment"]?.flag)
    } catch {
      if error.kind == .notFound { return nil }
      throw error
    }
  }

  /// The api-version of what is no part of the watch; sources: Key Vault, Vaults; Managed Identity, User Assigned
  /// Identities.
  private func version(of id: ResourceID) -> String {
    if id.key.contains("/providers/microsoft.keyvault/") { return "2023-07-01" }
    if id.key.contains("/providers/microsoft.managedidentity/") { return "2023-01-31" }
    return versions.monitor
  }
}
