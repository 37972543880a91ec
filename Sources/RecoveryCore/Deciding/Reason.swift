/// Why a decision is what it is: named, logged, counted and tested; `wait` and `nothing to do` included.
public enum Reason: String, Sendable, Codable, CaseIterable {
  case firstSight
  // Nothing to do
  case notAzureToAzure
  case notDueYet
  case allWell
  case nothingDesired
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
  case underSuspicion
  case operationInFlight
  case unexplained
  case observeOnly
  // A heal is under way
  case healStarted
  case stepRuns
  case stepResumes
  case stepUnknown
  case backOff
  case anotherWriter
  case verifying
  case healed
  case healFailed
  case healAbandoned
}
