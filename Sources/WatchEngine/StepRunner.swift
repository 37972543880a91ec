import RecoveryCore

/// Carries out one step as far as it goes now: begins its effect, or asks once how a running operation stands.
///
/// Nothing waits here: between two polls no worker is held, and a restart polls the recorded operation as if nothing
/// had happened.
actor StepRunner {
  enum Result {
    /// The step came out, or was accepted: commit that first. Look again at `next`, or at once when it is nil.
    case settled(StepOutcome, next: Timestamp?)
    /// Azure still works on it.
    case pollAgain(Timestamp)
    /// This process is stopping: the journal already says what is under way.
    case stopped
  }

  private let cloud: any Cloud
  private let settings: EngineSettings
  private let time: any TimeSource
  /// Polls so far of each running operation; lost with the process, which only makes the next polls quicker.
  private var polls: [String: Int] = [:]

  init(cloud: any Cloud, settings: EngineSettings, time: any TimeSource) {
    self.cloud = cloud
    self.settings = settings
    self.time = time
  }

  func advance(_ heal: Heal, step ordinal: Int, on machine: Machine?) async -> Result {
    guard heal.steps.indices.contains(ordinal - 1) else { return .stopped }
    let step = heal.steps[ordinal - 1]
    if step.state == .accepted, let operation = step.operation { return await poll(operation, of: step, in: heal) }
    guard let effect = heal.effect(of: step, on: machine) else { return .settled(.succeeded, next: nil) }
    do throws(Fault) {
      switch try await cloud.begin(effect) {
      case .done: return .settled(.succeeded, next: nil)
      case .running(let operation, let retryAfter):
        polls[pollKey(heal, step)] = 0
        return .settled(.accepted(operation), next: time.now + pace(heal, step, retryAfter))
      }
    } catch {
      switch error.kind {
      case .stopped: return .stopped
      // The effect may have happened although its answer did not arrive.
      case .unreachable, .unintelligible, .unavailable: return .settled(.unknown(error), next: nil)
      default: return .settled(.failed(error), next: nil)
      }
    }
  }

  private func poll(_ operation: OperationHandle, of step: Step, in heal: Heal) async -> Result {
    do throws(Fault) {
      switch try await cloud.poll(operation) {
      case .done:
        polls[pollKey(heal, step)] = nil
        return .settled(.succeeded, next: nil)
      case .running(let moved, let retryAfter):
        if let late = overdue(step, operation) { return .settled(.failed(late), next: nil) }
        let next = time.now + pace(heal, step, retryAfter)
        return moved == operation ? .pollAgain(next) : .settled(.accepted(moved), next: next)
      }
    } catch {
      if error.kind == .stopped { return .stopped }
      // A poll that Azure refuses, or that fails on its way, says nothing of the operation.
      if error.status != nil || error.course == .passes || error.kind == .unauthenticated {
        if let late = overdue(step, operation) { return .settled(.failed(late), next: nil) }
        return .pollAgain(time.now + pace(heal, step, error.retryAfter))
      }
      polls[pollKey(heal, step)] = nil
      return .settled(.failed(error), next: nil)
    }
  }

  private func overdue(_ step: Step, _ operation: OperationHandle) -> Fault? {
    guard let intended = step.intended, time.now - intended >= settings.operationWithin else { return nil }
    return Fault(
      .operationTimedOut, code: "OperationTimedOut",
      message: "the operation has not ended within \(settings.operationWithin.brief)",
      resource: operation.resource.text,
      correlationID: operation.correlationID)
  }

  private func pace(_ heal: Heal, _ step: Step, _ retryAfter: Duration?) -> Duration {
    let key = pollKey(heal, step)
    let count = polls[key, default: 0]
    polls[key] = count + 1
    if let retryAfter { return retryAfter }
    var wait = Double(settings.pollFirst.inMilliseconds)
    let most = Double(settings.pollMost.inMilliseconds)
    for _ in 0..<min(count, 32) { wait = min(wait * settings.pollFactor, most) }
    return .milliseconds(Int64(min(wait, most)))
  }

  private func pollKey(_ heal: Heal, _ step: Step) -> String { heal.forceUpdateTag(step) }
}
