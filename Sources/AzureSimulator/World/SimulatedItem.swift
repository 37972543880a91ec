import FoundationEssentials

/// A replication protected item and the two places that it moves between.
struct SimulatedItem: Equatable {
  struct Side: Equatable {
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
  var initialRecovery: Side
  var protectionState = "Protected"
  var description = "Protected"
  var activeLocation = "Primary"
  var isCommitted = false
  var scenario = "None"
  var job: String?
  var scenarioStarted: Date?
  var testFailoverState = "None"
  var source: String
  var recovered: String?
  var test: String?
  var lastFailover: Date?
  var lastTestFailover: Date?
  var cluster: String?
  var options: Scenario.Options

  var allowedOperations: [String] {
    if testFailoverState == "WaitingForCompletion" { return ["TestFailoverCleanup"] }
    if activeLocation == "Recovery" {
      return isCommitted
        ? ["CompleteMigration", "DisableProtection", "SwitchProtection"]
        : ["ChangePit", "Commit", "CompleteMigration", "DisableProtection"]
    }
    return protectionState == "Protected"
      ? ["UnplannedFailover", "DisableProtection", "TestFailover"] : ["DisableProtection"]
  }
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
  /// The item's id after a re-protect.
  var newItem: String?
  var error: String?
}
