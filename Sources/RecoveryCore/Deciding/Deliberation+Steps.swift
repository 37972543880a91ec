/// One step of a heal: whether it is still needed, its intent, its unknown outcome after a crash, and how it came out.
extension Deliberation {
  /// The next step is intended, found unnecessary, or waits for another writer.
  mutating func take(_ step: Step, on machine: Machine) -> Conclusion {
    let now = now
    if isSatisfied(step, on: machine) {
      change(step.ordinal) {
        $0.state = .skipped
        $0.ended = now
      }
      say(.stepSkipped, fields: ["step": step.title, "reason": Reason.allWell.rawValue])
      return heal(machine)
    }
    if let kind = step.extensionKind, let resource = machine.resource(kind) {
      switch resource.phase {
      case .inFlight: return stall(.anotherWriter)
      case .beingDeleted: return stall(.anotherWriter)
      case .settled, .failed, .unknown: adopt(resource.name, in: step)
      }
    }
    goOn()
    if let attempt = forgottenTry(of: step, on: machine) { return recall(attempt, step, on: machine) }
    intend(step)
    if case .install = step.work { state.heal?.agentReportedBeforeInstall = machine.agent?.reported }
    return (.stepRuns, .perform(step: step.ordinal))
  }

  /// The intent, which is committed before the call that carries it out.
  mutating func intend(_ step: Step) {
    let now = now
    change(step.ordinal) {
      $0.state = .intended
      $0.attempts += 1
      $0.intended = now
      $0.firstIntended = $0.firstIntended ?? now
      $0.notBefore = nil
    }
    say(.stepStarted, fields: ["step": step.title, "attempt": String(step.attempts + 1)])
  }

  /// What the step would bring about is there already: Policy or a person was faster.
  private func isSatisfied(_ step: Step, on machine: Machine) -> Bool {
    switch step.work {
    case .ensureIdentity(let required): machine.identity.covers(required)
    case .remove(let kind, _): isHealthy(.extension(kind))
    case .install(let wanted): isHealthy(.extension(wanted.kind))
    case .associate(let wanted): machine.associations?.contains { $0.isSame(as: wanted) } ?? false
    case .dissociate, .verify: false
    }
  }

  private func isHealthy(_ leg: Leg) -> Bool { state.legs.contains { $0.leg == leg && $0.finding == .healthy } }

  /// A machine has at most one extension of a kind: one that exists under another name is the one to work on.
  private mutating func adopt(_ name: String, in step: Step) {
    change(step.ordinal) { step in
      switch step.work {
      case .remove(let kind, _): step.work = .remove(kind, name: name)
      case .install(var wanted):
        wanted.name = name
        step.work = .install(wanted)
      case .ensureIdentity, .associate, .dissociate, .verify: break
      }
    }
  }

  // MARK: - An intent without an outcome

  /// The process ended between the intent and its outcome: Azure is asked, and nothing is repeated blindly.
  mutating func resolve(_ step: Step, on machine: Machine) -> Conclusion {
    // What was asked of Azure before then may not show it yet, however late the answer came.
    if let intended = step.intended, asked - intended < policy.settle {
      let settled = intended + policy.settle
      return (.stepUnknown, now < settled ? .lookAgain(settled) : .readMachine(machine.id, associations: true))
    }
    switch step.work {
    case .dissociate: repeatStep(step)
    case .verify: return heal(machine)
    case .ensureIdentity(let required):
      machine.identity.covers(required) ? succeed(step) : repeatStep(step)
    case .associate(let wanted):
      guard let associations = machine.associations else {
        return (.mustReadAssociations, .readAssociations(machine.id))
      }
      associations.contains { $0.isSame(as: wanted) } ? succeed(step) : repeatStep(step)
    case .remove(let kind, _):
      switch machine.resource(kind)?.phase {
      // A failover may leave the handler without its resource: then only the handler tells whether ours arrived.
      case nil: machine.handler(kind) == nil ? succeed(step) : repeatStep(step)
      case .beingDeleted, .inFlight: return stall(.stepUnknown)
      case .settled, .failed, .unknown:
        forgottenTry(of: step, on: machine) == nil ? repeatStep(step) : succeed(step)
      }
    case .install(let wanted):
      guard let resource = machine.resource(wanted.kind), hasArrived(step, resource) else {
        if machine.resource(wanted.kind).map({ $0.phase == .inFlight || $0.phase == .beingDeleted }) ?? false {
          return stall(.anotherWriter)
        }
        repeatStep(step)
        break
      }
      switch resource.phase {
      case .inFlight, .beingDeleted, .unknown: return stall(.stepUnknown)
      case .settled: succeed(step)
      case .failed:
        settle(
          step: step.ordinal,
          outcome: .failed(
            Fault(
              .guestFailed, code: "VMExtensionProvisioningError",
              message: "the extension was found failed after a restart",
              resource: machine.id.text)))
      }
    }
    return heal(machine)
  }

  /// Our tag on the resource proves that our install arrived; where ARM does not give tags back, a resource that
  /// appeared after our removal does.
  private func hasArrived(_ step: Step, _ resource: ExtensionResource) -> Bool {
    guard let heal = state.heal else { return false }
    if let tag = resource.forceUpdateTag { return tag == heal.forceUpdateTag(step) }
    return heal.steps.contains {
      $0.extensionKind == resource.kind && $0.ordinal < step.ordinal && ($0.state == .succeeded || $0.state == .skipped)
    }
  }

  // MARK: - What the journal forgot

  /// The try that a resource on the machine comes from, when the journal is an older copy without it.
  private func forgottenTry(of step: Step, on machine: Machine) -> Int? {
    guard let heal = state.heal, let kind = step.extensionKind, let resource = machine.resource(kind)
    else { return nil }
    let install = heal.steps.first { $0.extensionKind == kind && !$0.isRemoval }
    return install.flatMap { heal.forgottenTry(of: $0, leadingTo: resource) }
  }

  /// What was begun after the copy was made is not done again: the removal is behind it, and the install is asked after
  /// like one whose answer was lost.
  private mutating func recall(_ attempt: Int, _ step: Step, on machine: Machine) -> Conclusion {
    let now = now
    if step.isRemoval {
      change(step.ordinal) {
        $0.state = .skipped
        $0.ended = now
      }
      say(.stepSkipped, fields: ["step": step.title, "reason": Reason.stepUnknown.rawValue])
    } else {
      intend(step)
      change(step.ordinal) { $0.attempts = attempt }
    }
    return heal(machine)
  }

  private mutating func succeed(_ step: Step) { settle(step: step.ordinal, outcome: .succeeded) }

  /// Azure shows no trace of it: it may be tried again, and what lost the answer counts as the failure of that try.
  private mutating func repeatStep(_ step: Step) {
    if let fault = step.fault, fault.course == .passes { return fail(step, fault) }
    change(step.ordinal) { $0.state = .pending }
  }

  // MARK: - How a try came out

  mutating func settle(step ordinal: Int, outcome: StepOutcome) {
    guard let heal = state.heal, heal.steps.indices.contains(ordinal - 1) else { return }
    let step = heal.steps[ordinal - 1]
    let now = now
    switch outcome {
    case .accepted(let operation):
      change(ordinal) {
        $0.state = .accepted
        $0.operation = operation
      }
      if step.state != .accepted { say(.stepAccepted, fields: fields(step, operation.correlationID)) }
    case .succeeded:
      change(ordinal) {
        $0.state = .succeeded
        $0.ended = now
        $0.operation = nil
        $0.fault = nil
      }
      var fields = fields(step, step.operation?.correlationID)
      if let intended = step.intended { fields["took"] = (now - intended).brief }
      say(.stepSucceeded, fields: fields)
    case .failed(let fault): fail(step, fault)
    case .unknown(let fault):
      change(ordinal) {
        $0.fault = fault
        $0.intended = now
      }
      let found = "the answer was lost; Azure is asked what came of it"
      say(
        .stepRetrying,
        fields: fields(step, fault.correlationID).merging(fault.fields) { mine, _ in mine }
          .merging(["outcome": found]) { mine, _ in mine })
    }
  }

  private func fields(_ step: Step, _ correlationID: String?) -> [String: String] {
    var fields = ["step": step.title]
    if step.attempts > 1 { fields["attempt"] = String(step.attempts) }
    if let correlationID { fields["correlationId"] = correlationID }
    return fields
  }

  /// The recipe: a removal that fails is tolerated, an install or association that fails is fatal. Before either, what
  /// passes is waited for and what may pass is tried again.
  private mutating func fail(_ step: Step, _ fault: Fault) {
    var tried = step
    tried.operation = nil
    tried.fault = fault
    let since = step.begunAgain ?? step.firstIntended ?? now
    var mayRetry = now - since < policy.passingWithin
    if fault.course == .counts {
      tried.countedFailures += 1
      mayRetry = mayRetry && tried.countedFailures < (step.isRemoval ? min(2, policy.attempts) : policy.attempts)
    } else if fault.course == .final {
      mayRetry = false
    }
    var fields = fields(step, fault.correlationID).merging(fault.fields) { mine, _ in mine }
    if mayRetry {
      let seed = "\(state.heal?.id ?? "")/\(step.ordinal)"
      let wait = max(policy.backOff.wait(after: step.attempts, seed: seed), fault.retryAfter ?? .zero)
      tried.state = .pending
      tried.notBefore = now + wait
      fields["wait"] = wait.brief
      change(step.ordinal) { $0 = tried }
      if needsRemoval(before: tried, fault) { removeAgain(before: tried) }
      say(.stepRetrying, fields: fields)
    } else if step.isRemoval {
      tried.state = .tolerated
      tried.ended = now
      change(step.ordinal) { $0 = tried }
      say(.stepTolerated, fields: fields)
    } else {
      tried.state = .failed
      tried.ended = now
      change(step.ordinal) { $0 = tried }
      say(.stepFailed, fields: fields)
    }
  }

  /// The ladder of an install: once more with a new `forceUpdateTag`, then removed and installed again.
  private func needsRemoval(before step: Step, _ fault: Fault) -> Bool {
    guard case .install = step.work else { return false }
    if fault.kind == .mustRemoveFirst { return true }
    return fault.course == .counts && fault.kind != .forbidden && fault.kind != .unauthenticated
      && fault.kind != .duplicateHandler && step.countedFailures >= 2
  }

  private mutating func removeAgain(before install: Step) {
    guard let removal = state.heal?.steps.first(where: { $0.isRemoval && $0.extensionKind == install.extensionKind })
    else { return }
    let now = now
    change(removal.ordinal) {
      $0.state = .pending
      $0.notBefore = install.notBefore
      $0.begunAgain = now
      $0.countedFailures = 0
    }
  }
}

extension Step {
  var isRemoval: Bool {
    switch work {
    case .remove, .dissociate: true
    case .ensureIdentity, .install, .associate, .verify: false
    }
  }

  /// Told from the case alone: to compare the work would copy what it holds.
  var isLastLook: Bool {
    guard case .verify = work else { return false }
    return true
  }

  /// The leg that the step works for; nil for the last look, which is for all of them.
  public var leg: Leg? {
    switch work {
    case .ensureIdentity: .identity
    case .remove(let kind, _): .extension(kind)
    case .install(let wanted): .extension(wanted.kind)
    case .associate(let association): .association(association.name)
    case .dissociate(let name): .association(name)
    case .verify: nil
    }
  }

  /// The extension that the step works on.
  public var extensionKind: ExtensionKind? {
    switch work {
    case .remove(let kind, _): kind
    case .install(let wanted): wanted.kind
    case .ensureIdentity, .associate, .dissociate, .verify: nil
    }
  }
}

extension Heal {
  /// What a step asks of Azure; nil for the last look, which asks for nothing.
  public func effect(of step: Step, on machine: Machine?) -> Effect? {
    switch step.work {
    case .ensureIdentity(let required):
      .setIdentity(machine: self.machine.id, (machine?.identity ?? .none).adding(required))
    case .remove(_, let name): .deleteExtension(machine: self.machine.id, name: name)
    case .install(let wanted):
      .putExtension(machine: self.machine.id, location: location, wanted, forceUpdateTag: forceUpdateTag(step))
    case .associate(let association): .putAssociation(machine: self.machine.id, association)
    case .dissociate(let name): .deleteAssociation(machine: self.machine.id, name: name)
    case .verify: nil
    }
  }
}
