/// Why a decision is what it is: named, logged, counted and tested; `wait` and `nothing to do` included.
public enum Reason: String, Sendable, Codable, CaseIterable {
  case firstSight
  // Nothing to do
  case notAzureToAzure
  case notDueYet
  case allWell
  case nothingDesired
  /// A failed-over machine of which nobody says what it must have.
  case nothingKnown
  case notListed
  case parked
  // Nothing is known for certain
  case stateUnknown
  case noLiveMachine
  case itemUnreadable
  case machineUnreadable
  // A failover is under way
  case failoverRunning
  case machineNotVisible
  case machineProvisioning
  case machineElsewhere
  case machineIsTestMachine
  case machineSeenBefore
  case machineNotRunning
  case agentNotReady
  case confirming
  case failoverCompleted
  // A machine is looked at
  case mustReadItem
  case mustReadMachine
  case mustReadAssociations
  case mustReadBaseline
  case mustReadSource
  case mustReadData
  case underSuspicion
  case operationInFlight
  case unexplained
  case observeOnly
  case awaitingApproval
  case heldByPause
  case heldByFailures
  case heldByWindow
  case heldByTag
  case heldByInFlight
  case heldByCanary
  case testFailoverReported
  case drillEnded
  // A heal is under way
  case healStarted
  case stepRuns
  case stepResumes
  case stepUnknown
  case backOff
  case anotherWriter
  case verifying
  case verifyingData
  case healed
  case healedUnverified
  case healFailed
  case healAbandoned
}

extension Reason {
  /// What a reason comes down to, for people and for `plan --json`.
  public enum Disposition: String, Sendable, Codable, CaseIterable {
    case nothing
    case wait
    case heal
    /// Nothing is done, and a person should look.
    case alert
  }

  /// Whether it is one of the brakes, and nothing about the machine.
  var isBrake: Bool {
    switch self {
    case .heldByPause, .heldByFailures, .heldByWindow, .heldByTag, .heldByInFlight, .heldByCanary: true
    default: false
    }
  }

  public var disposition: Disposition {
    switch self {
    case .firstSight, .notAzureToAzure, .notDueYet, .allWell, .notListed, .healed, .testFailoverReported,
      .drillEnded, .nothingDesired:
      .nothing
    case .failoverRunning, .machineNotVisible, .machineProvisioning, .machineElsewhere, .machineIsTestMachine,
      .machineSeenBefore, .machineNotRunning, .agentNotReady, .confirming, .failoverCompleted, .mustReadItem,
      .mustReadMachine, .mustReadAssociations, .mustReadBaseline, .mustReadSource, .mustReadData, .underSuspicion,
      .operationInFlight,
      .stepUnknown, .backOff,
      .anotherWriter, .verifying, .verifyingData, .heldByWindow, .heldByInFlight, .heldByCanary:
      .wait
    case .healStarted, .stepRuns, .stepResumes: .heal
    case .nothingKnown, .parked, .stateUnknown, .noLiveMachine, .itemUnreadable, .machineUnreadable, .unexplained,
      .observeOnly, .awaitingApproval, .heldByPause, .heldByFailures, .heldByTag, .healedUnverified, .healFailed,
      .healAbandoned:
      .alert
    }
  }
}
