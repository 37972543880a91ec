/// The simulator's truth, as whoever judges reads it.
struct ScenarioTruth: Decodable {
  struct Extension: Decodable {
    var name: String
    var publisher: String
    var type: String
    var version: String
    var settings: JSON?
    var provisionAfterExtensions: [String]
    var autoUpgradeMinorVersion: Bool
    var enableAutomaticUpgrade: Bool
    var runOnce: Bool
    /// Of what is there now only.
    var provisioningState: String?
    var handlerCode: String?
    var installsStarted: Int?
    var installsSucceeded: Int?

    /// Site Recovery's own, and what runs once, are nobody's to put back.
    var isRestored: Bool {
      !runOnce && !publisher.lowercased().hasPrefix("microsoft.azure.recoveryservices.siterecovery")
    }
  }

  struct Association: Decodable {
    var name: String
    var rule: String?
    var endpoint: String?
    var owner: String?
  }

  struct Before: Decodable {
    var extensions: [Extension]
    var associations: [Association]
    var identityType: String
    var userAssigned: [String]
  }

  struct Machine: Decodable {
    var role: String
    var item: String
    var exists: Bool
    var identityType: String
    var userAssigned: [String]
    var extensions: [Extension]
    var associations: [Association]
    var before: Before
    var sendingSince: String?
    var writes: Int
  }

  struct Write: Decodable {
    var method: String
    var path: String
    var role: String
    var item: String?
    var status: Int
  }

  var machines: [Machine]
  var writes: [Write]
}
