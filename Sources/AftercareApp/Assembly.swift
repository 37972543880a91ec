public import AzureCloud
import CurlTransport
import Foundation
public import Logging
public import RecoveryCore
public import SQLiteJournal
public import WatchEngine

/// The one place that knows every adapter and wires them from the configuration.
public struct Assembly: Sendable {
  private let configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public func cloud() throws -> AzureCloud {
    try AzureCloud(configuration: configuration, environment: ProcessInfo.processInfo.environment)
  }

  public func journal(_ access: JournalDatabase.Access) throws(JournalError) -> JournalDatabase {
    try JournalDatabase(directory: configuration.state, access: access)
  }

  public var decider: Decider { Decider(policy: Policy(configuration), profiles: configuration.profiles) }

  public var settings: EngineSettings {
    var settings = EngineSettings(vaults: configuration.vaults)
    settings.items = configuration.watch.items
    settings.itemsMoving = configuration.watch.itemsMoving
    settings.parallelMachines = configuration.heal.parallelMachines
    settings.pollFirst = configuration.heal.poll.first
    settings.pollMost = configuration.heal.poll.most
    settings.pollFactor = configuration.heal.poll.factor
    settings.operationWithin = configuration.heal.operationWithin
    return settings
  }

  /// The watch on its journal. `mode` overrides the configured one for a command that was given by a person.
  public func watch(
    sink: any AlertSink, logger: Logger, mode: Policy.Mode? = nil
  ) async throws -> Watch {
    var decider = decider
    if let mode { decider.policy.mode = mode }
    return try await Watch(
      cloud: try cloud(), journal: try journal(.readWrite), sink: sink, decider: decider, settings: settings,
      holder: "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)", logger: logger)
  }
}

extension Policy {
  /// The part of the configuration that decisions depend on.
  init(_ configuration: Configuration) {
    self.init()
    mode = Policy.Mode(rawValue: configuration.mode.rawValue) ?? .observe
    machineMoving = configuration.watch.machineMoving
    machine = configuration.watch.machine
    associations = configuration.watch.associations
    confirmAfter = configuration.failover.confirmAfter
    readyWithin = configuration.failover.readyWithin
    suspectGrace = configuration.grace.suspect
    suspectLooks = configuration.grace.looks
    verifyWithin = configuration.grace.verify
    attempts = configuration.heal.attempts
    rounds = configuration.heal.rounds
    backOff.first = configuration.heal.backOff.first
    backOff.factor = configuration.heal.backOff.factor
    backOff.most = configuration.heal.backOff.most
    backOff.jitter = configuration.heal.backOff.jitter
    passingWithin = configuration.heal.passingWithin
    settle = configuration.heal.settle
  }
}
