public import RecoveryCore

/// What `aftercare.yaml` says. Every key, its unit and its default stand in docs/configuration.md.
public struct Configuration: Sendable {
  public enum Cloud: String, Sendable, CaseIterable { case azure, azureUSGovernment, azureChina, simulator }
  public enum Mode: String, Sendable, CaseIterable { case observe, approve, heal }
  public enum LogFormat: String, Sendable, CaseIterable { case text, json }
  public enum LogLevel: String, Sendable, CaseIterable { case debug, info, notice, warning, error }

  public struct Identity: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
      case automatic, managedIdentity, workloadIdentity, clientSecret, token
    }
    public var kind = Kind.automatic
    public var clientID: String?
    public var resourceID: String?
    public var objectID: String?
    public var tenantID: String?
    public var clientSecret: String?
    public var tokenFile: String?
    public var token: String?
    /// Where IMDS and the token endpoint are, when they are simulated.
    public var imdsEndpoint: String?
    public var authorityHost: String?
  }

  public struct APIVersions: Sendable {
    public var siteRecovery = "2025-08-01"
    public var compute = "2024-07-01"
    public var monitor = "2023-03-11"
  }

  public struct Watch: Sendable {
    public var items: Duration = .seconds(60)
    public var itemsMoving: Duration = .seconds(30)
    public var machineMoving: Duration = .seconds(20)
    public var machine: Duration = .seconds(15 * 60)
    public var data: Duration = .seconds(60)
    public var baseline: Duration = .seconds(6 * 3600)
  }

  /// The journal in PostgreSQL, which several instances share.
  public struct Database: Hashable, Sendable {
    /// A secret: it may hold a password.
    public var url: String
    public var password: String?
    /// The password is a token of `identity`.
    public var entra = false
    /// From which the key follows that seals the addresses of running operations; the same for all instances.
    public var secret: String?
    /// How long a vault waits for whoever has fallen silent.
    public var lease: Duration = .seconds(60)
  }

  public struct Baseline: Sendable {
    public var learn = true
    public var forgetAfter: Duration = .seconds(24 * 3600)
  }

  public struct TestFailover: Sendable {
    public var policy = Policy.TestFailover.report
    public var rule: ResourceID?
  }

  public struct History: Sendable {
    public var keep: Duration = .seconds(90 * 86_400)
  }

  public struct Failover: Sendable {
    public var confirmAfter: Duration = .seconds(30)
    public var readyWithin: Duration = .seconds(45 * 60)
  }

  public struct Grace: Sendable {
    public var suspect: Duration = .seconds(10 * 60)
    public var looks = 3
    public var verify: Duration = .seconds(15 * 60)
    public var data: Duration = .seconds(15 * 60)
  }

  public struct Heal: Sendable {
    public struct BackOff: Sendable {
      public var first: Duration = .seconds(15)
      public var factor = 2.0
      public var most: Duration = .seconds(10 * 60)
      public var jitter = 0.2
    }

    public struct Poll: Sendable {
      public var first: Duration = .seconds(2)
      public var most: Duration = .seconds(15)
      public var factor = 1.6
    }

    public var parallelMachines = 32
    public var attempts = 4
    public var rounds = 2
    public var backOff = BackOff()
    public var passingWithin: Duration = .seconds(2 * 3600)
    public var operationWithin: Duration = .seconds(95 * 60)
    public var settle: Duration = .seconds(30)
    public var poll = Poll()
  }

  /// What may be asked of one subscription: ARM's own limits, unless others spend from them.
  public struct Budget: Sendable {
    public var reads = 250.0
    public var readsPerSecond = 25.0
    public var writes = 200.0
    public var writesPerSecond = 10.0
    public var deletes = 200.0
    public var deletesPerSecond = 10.0
  }

  /// Where the status page, metrics and API are served; nobody listens without it.
  public struct Listener: Sendable {
    public var address = "127.0.0.1"
    public var port = 8411
    /// Asked for by whatever changes something, and from another address than loopback by everything.
    public var token: String?
    /// Asked for by hints; nil when none are taken.
    public var hintToken: String?
  }

  /// Where events go beside the log.
  public struct Sink: Sendable {
    public enum Kind: String, Sendable, CaseIterable { case file, webhook, logsIngestion }
    public enum WebhookFormat: String, Sendable, CaseIterable { case events, teams, slack }

    public struct File: Sendable {
      public var path: String
      public var format = LogFormat.text
      /// In bytes; nil when it is rotated by somebody else, or never.
      public var rotateAt: Int?
      public var keep = 10
      public var gzip = true
    }

    public struct Webhook: Sendable {
      /// A secret, as the headers are.
      public var url: String
      public var headers: [String: String] = [:]
      public var format = WebhookFormat.events
    }

    /// A stream of a data collection rule.
    public struct LogsIngestion: Sendable {
      public var endpoint: String
      /// The rule's immutable id.
      public var rule: String
      public var stream: String
    }

    public enum Target: Sendable {
      case file(File)
      case webhook(Webhook)
      case logsIngestion(LogsIngestion)
    }

    public var name: String
    public var filter: EventFilter
    public var target: Target
  }

  public struct Logging: Sendable {
    public var format = LogFormat.text
    public var level = LogLevel.info
  }

  public var cloud = Cloud.azure
  public var endpoint: String?
  public var identity = Identity()
  public var apiVersions = APIVersions()
  public var vaults: [ResourceID] = []
  public var state = "/var/lib/aftercare"
  /// Nil: the journal is a file in `state`.
  public var journal: Database?
  public var mode = Mode.heal
  public var watch = Watch()
  public var failover = Failover()
  public var grace = Grace()
  public var heal = Heal()
  public var logging = Logging()
  public var alerts = AlertPolicy()
  public var listener: Listener?
  public var sinks: [Sink] = []
  public var profiles: [Profile] = []
  public var baseline = Baseline()
  public var testFailover = TestFailover()
  public var history = History()
  public var brakes = BrakePolicy()
  public var budget = Budget()
  /// The shipped catalogue with the configuration's entries over it.
  public var catalogue = Catalogue()
  /// The variables that there are: the process's, and below them those of the file beside the configuration.
  public var environment: [String: String] = [:]
  /// What the file says, key by key, before anything is put in from the environment.
  public var said: [String: String] = [:]
  /// What is allowed and probably not meant.
  public var warnings: [String] = []

  public init() {}

  /// What machines must have.
  public var requirements: Requirements {
    Requirements(profiles: profiles, catalogue: catalogue, usesBaselines: baseline.learn)
  }
}

extension Configuration.Listener {
  public var isLoopback: Bool { address == "localhost" || address == "::1" || address.hasPrefix("127.") }
}
