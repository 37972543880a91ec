import CurlTransport
import FoundationEssentials

/// What is really there, as the simulator itself keeps it: `GET /_simulator/truth`.
///
/// The demonstration is judged by this alone, never by what the watch says of itself.
public struct SimulatorTruth: Sendable, Decodable {
  public struct Machine: Sendable, Decodable {
    public struct Extension: Sendable, Decodable {
      public var publisher: String
      public var type: String
      public var provisioningState: String
      public var handlerCode: String?
      public var installsStarted: Int
      public var installsSucceeded: Int
    }

    public struct Association: Sendable, Decodable {
      public var name: String
      public var rule: String?
      public var endpoint: String?
    }

    public struct Kind: Sendable, Decodable {
      public var publisher: String
      public var type: String
    }

    /// What the source machine had before its first failover.
    public struct Before: Sendable, Decodable {
      public var extensions: [Kind]
      public var associations: [Association]
      public var identityType: String?
    }

    public var id: String
    public var name: String
    public var os: String
    public var role: String
    public var item: String
    public var exists: Bool
    public var agent: String?
    public var identityType: String?
    public var extensions: [Extension]
    public var associations: [Association]
    public var before: Before
    public var sendingSince: String?
    /// Until when its data flowed, when it does no longer.
    public var sentUntil: String?
    public var writes: Int
  }

  public struct Item: Sendable, Decodable {
    public var name: String
    public var protectionState: String
    public var activeLocation: String
    public var scenario: String?
  }

  public var machines: [Machine]
  public var items: [Item]
  /// How many requests of each kind the simulator has answered.
  public var requests: [String: Int]

  public static func ask(_ endpoint: String) async throws -> SimulatorTruth {
    var configuration = CurlClient.Configuration()
    configuration.allowsPlainHTTP = .loopbackOnly
    let client = try CurlClient(configuration: configuration)
    let answer = try await client.send(TransferRequest(url: endpoint + "/_simulator/truth"))
    await client.shutdown()
    return try JSONDecoder().decode(SimulatorTruth.self, from: Data(answer.body))
  }
}

/// What the truth says about each machine of an item, leg by leg.
public struct TruthVerdict: Sendable {
  public enum Outcome: String, Sendable {
    case well
    /// Something that the source machine had is not there, or does not work.
    case broken
    /// It was to be left alone, and was.
    case leftAlone
    /// It was to be left alone, and was written to.
    case touched
  }

  public var machine: SimulatorTruth.Machine
  public var item: SimulatorTruth.Item?
  public var outcome: Outcome
  public var wrong: [String]

  /// A live machine of a failed-over item must have all that its source had; nothing else may have been written to.
  public init(_ machine: SimulatorTruth.Machine, item: SimulatorTruth.Item?) {
    self.machine = machine
    self.item = item
    let isFailedOver = item?.activeLocation == "Recovery"
    guard machine.role == "live", isFailedOver else {
      outcome = machine.writes == 0 ? .leftAlone : .touched
      wrong = machine.writes == 0 ? [] : ["\(machine.writes) writes"]
      return
    }
    wrong = TruthVerdict.missing(on: machine)
    outcome = wrong.isEmpty ? .well : .broken
  }

  private static func missing(on machine: SimulatorTruth.Machine) -> [String] {
    var wrong: [String] = []
    for kind in machine.before.extensions {
      guard
        let found = machine.extensions.first(where: {
          $0.type.lowercased() == kind.type.lowercased() && $0.publisher.lowercased() == kind.publisher.lowercased()
        })
      else {
        wrong.append("\(kind.type) is not there")
        continue
      }
      if found.provisioningState != "Succeeded" { wrong.append("\(kind.type) is \(found.provisioningState)") }
      if found.handlerCode?.lowercased() != "provisioningstate/succeeded" {
        wrong.append("\(kind.type) reports \(found.handlerCode ?? "nothing")")
      }
      if found.installsSucceeded != 1 { wrong.append("\(kind.type) was installed \(found.installsSucceeded) times") }
    }
    for association in machine.before.associations {
      let target = association.rule ?? association.endpoint
      let isThere = machine.associations.contains {
        $0.name.lowercased() == association.name.lowercased()
          && ($0.rule ?? $0.endpoint)?.lowercased() == target?.lowercased()
      }
      if !isThere { wrong.append("association \(association.name) is not there") }
    }
    if !machine.before.associations.isEmpty, machine.sendingSince == nil { wrong.append("no data is sent") }
    return wrong
  }
}
