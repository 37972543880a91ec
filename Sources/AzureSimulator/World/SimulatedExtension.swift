import FoundationEssentials

/// An extension resource: the control plane's side.
struct SimulatedExtension {
  var name: String
  var publisher: String
  var type: String
  var version: String
  var autoUpgradeMinorVersion = true
  var enableAutomaticUpgrade = true
  var suppressFailures: Bool?
  var forceUpdateTag: String?
  /// As it was sent.
  var settings: JSON?
  var provisionAfterExtensions: [String] = []
  /// They are taken and never told again.
  var hasProtectedSettings = false
  var provisioningState: String

  var handlerType: String { "\(publisher).\(type)" }

  /// The resource id of the user-assigned identity that the agent's settings name.
  var namedIdentity: String? {
    guard let identity = settings?["authentication"]?["managedIdentity"],
      identity["identifier-name"]?.string == "mi_res_id"
    else { return nil }
    return identity["identifier-value"]?.string
  }
}

/// What the guest agent reports of an extension's handler.
struct SimulatedHandler {
  var type: String
  var version: String
  var code: String
  var message: String
  /// Until then it reports that its heartbeat cannot be parsed, as a freshly installed one does.
  var settlesAt: Date?
  /// It was removed, and is still reported until then.
  var vanishesAt: Date?

  /// What the guest reports of it at a time.
  func state(_ now: Date) -> (code: String, message: String) {
    guard let settlesAt, now < settlesAt else { return (code, message) }
    return (
      "ProvisioningState/Unresponsive", "Error while parsing heartbeat of Handler (name \(type), version \(version))."
    )
  }
}
