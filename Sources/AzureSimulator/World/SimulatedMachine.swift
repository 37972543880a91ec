import FoundationEssentials

/// A virtual machine, its guest and what belongs to it.
struct SimulatedMachine {
  enum Role: String { case live, former, test }

  var id: String
  var name: String
  var vmID: String
  var isWindows: Bool
  var location: String
  var zone: String?
  var tags: [String: String]
  var isSystemAssigned: Bool
  var userAssigned: [String] = []
  var created: Date
  var role: Role
  var item: String
  var vault: String
  var options: Scenario.Options
  var exists = true
  var isAttachedDisk: Bool
  /// A power state word, from `runsAt` on `running` when it is nil.
  var power: String?
  var runsAt: Date
  var agentReadyAt: Date
  var agentSilentAt: Date?
  /// By name in lower case.
  var extensions: [String: SimulatedExtension] = [:]
  /// By handler type in lower case.
  var handlers: [String: SimulatedHandler] = [:]
  /// By name in lower case.
  var associations: [String: SimulatedAssociation] = [:]
  var operation: String?
  var installFailuresLeft: [String: Int] = [:]
  /// By handler type in lower case, like `kinds`.
  var tally: [String: InstallTally] = [:]
  var kinds: [String: Kind] = [:]
  var writes = 0
  var sendingSince: Date?
  /// Until when data flowed, when it does no longer.
  var sentUntil: Date?
  var before = Before()

  struct InstallTally {
    var started = 0
    var succeeded = 0
    var removes = 0
    /// How often the guest has run it here.
    var runs = 0
  }

  /// What an extension is like, whoever installs it.
  struct Kind {
    var isRunOnce: Bool
    var needsProtectedSettings: Bool
  }

  struct Before {
    var extensions: [SimulatedExtension] = []
    var associations: [SimulatedAssociation] = []
    var identityType = "None"
    var userAssigned: [String] = []
  }

  var identityType: String {
    switch (isSystemAssigned, userAssigned.isEmpty) {
    case (false, true): "None"
    case (true, true): "SystemAssigned"
    case (false, false): "UserAssigned"
    case (true, false): "SystemAssigned, UserAssigned"
    }
  }

  func powerState(_ now: Date) -> String { power ?? (now >= runsAt ? "running" : "starting") }

  func isAgentReady(_ now: Date) -> Bool {
    powerState(now) == "running" && now >= agentReadyAt && agentSilentAt.map { now < $0 } ?? true
  }

  /// Azure Monitor Agent sends when it runs, has the identity that its settings name, and knows a rule.
  func isSending(_ now: Date) -> Bool {
    guard exists, powerState(now) == "running", identityType != "None",
      associations.values.contains(where: { $0.rule != nil }),
      let agent = extensions.values.first(where: { $0.publisher.lowercased() == "microsoft.azure.monitor" }),
      agent.provisioningState == "Succeeded", let handler = handlers[agent.handlerType.lowercased()]
    else { return false }
    if let named = agent.namedIdentity,
      !userAssigned.contains(where: { $0.lowercased() == named.lowercased() })
    {
      return false
    }
    return handler.state(now).code == "ProvisioningState/succeeded"
  }

  /// Whether its time alone may yet begin what `isSending` asks for.
  func changesByItself(after now: Date) -> Bool {
    exists && (now < runsAt || handlers.values.contains { $0.settlesAt.map { now < $0 } ?? false })
  }

  /// What the agent reports after a removal, an install or the like, by the extension's type or full name.
  func handlerKey(_ type: String) -> String? {
    handlers.keys.first { $0 == type.lowercased() || $0.hasSuffix("." + type.lowercased()) }
  }
}
