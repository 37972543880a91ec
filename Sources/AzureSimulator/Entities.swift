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
  var exists = true
  var isAttachedDisk: Bool
  /// A power state word, from `runsAt` on `running` when it is nil.
  var power: String?
  var runsAt: Date
  var agentReadyAt: Date
  var extensions: [String: SimulatedExtension] = [:]
  var handlers: [String: SimulatedHandler] = [:]
  var associations: [String: SimulatedAssociation] = [:]
  var operation: String?
  var installFailuresLeft: [String: Int] = [:]
  var tally: [String: InstallTally] = [:]
  var writes = 0
  var sendingSince: Date?
  var before = Before()

  struct InstallTally {
    var started = 0
    var succeeded = 0
    var removes = 0
  }

  struct Before {
    var extensions: [SimulatedExtension] = []
    var associations: [SimulatedAssociation] = []
    var identityType = "None"
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
  func isAgentReady(_ now: Date) -> Bool { powerState(now) == "running" && now >= agentReadyAt }
}

/// An extension resource: the control plane's side.
struct SimulatedExtension {
  var name: String
  var publisher: String
  var type: String
  var version: String
  var autoUpgradeMinorVersion = true
  var enableAutomaticUpgrade = true
  var forceUpdateTag: String?
  /// As it was sent.
  var settings: JSON?
  var provisioningState: String
  var handlerType: String { "\(publisher).\(type)" }
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
}

struct SimulatedAssociation {
  var name: String
  var rule: String?
  var endpoint: String?
}

/// A long-running operation.
struct SimulatedOperation {
  enum Kind { case put, patch, delete }

  var id: String
  var kind: Kind
  var machine: String
  var extensionName: String?
  var started: Date
  var endsAt: Date
  var ended: Date?
  var error: (code: String, message: String)?
  var target: String
}

/// A replication protected item and the two places that it moves between.
struct SimulatedItem {
  struct Side {
    var location: String
    var zone: String?
    var resourceGroup: String
    var subscription: String
  }

  var name: String
  var friendlyName: String
  var vault: String
  var isWindows: Bool
  var lifecycleID: String
  var hasLifecycleID = true
  var primary: Side
  var recovery: Side
  var initialPrimary: Side
  var protectionState = "Protected"
  var description = "Protected"
  var activeLocation = "Primary"
  var scenario = "None"
  var job: String?
  var scenarioStarted: Date?
  var testFailoverState = "None"
  var source: String
  var recovered: String?
  var test: String?
  var lastFailover: Date?
  var options: Scenario.Options
}

struct SimulatedJob {
  var name: String
  var scenario: String
  var friendlyName: String
  var state: String
  var started: Date
  var ended: Date?
  var targetName: String
  var targetType: String
  var vault: String
}
