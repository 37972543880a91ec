/// What `check` asks of Azure beside what the watch asks. All of it reads; each call is made once for each scope, region
/// or resource, never for each machine.
public protocol CloudInspection: Sendable {
  /// Azure's clock, in whole seconds. Asked without a token: it also tells whether Azure can be reached at all.
  func time() async throws(Fault) -> Timestamp
  /// Has a token made, and says for whom.
  func signIn() async throws(Fault) -> Principal
  /// What the identity may do at a subscription, a resource group or a resource.
  func permissions(at scope: ResourceID) async throws(Fault) -> [Permission]
  /// The versions of an extension type that a region has; none when it does not have the type.
  func versions(of kind: ExtensionKind, in region: ComputeRegion) async throws(Fault) -> [String]
  /// A data collection rule or endpoint, a user-assigned identity, or a Key Vault; nil when it does not exist.
  func resource(_ id: ResourceID) async throws(Fault) -> RegionalResource?
}
