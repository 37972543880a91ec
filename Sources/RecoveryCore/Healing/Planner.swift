/// Makes the plan of a heal: `ensure identity → remove → install → associate → verify`, for what is broken only.
public enum Planner {
  /// The steps, in order. `broken` says which legs to heal.
  ///
  /// A removal depends on all that its install depends on: nothing is removed when it is already known that it cannot
  /// be put back. An extension that exists under another name keeps that name, since a machine has at most one of a
  /// kind.
  public static func steps(for desired: DesiredState, healing legs: [LegVerdict]) -> [Step] {
    var steps: [Step] = []
    func add(_ work: Step.Work, after dependencies: [Int] = []) -> Int {
      steps.append(Step(ordinal: steps.count + 1, work: work, dependencies: dependencies))
      return steps.count
    }
    let verdicts = Dictionary(legs.map { ($0.leg, $0) }, uniquingKeysWith: { first, _ in first })
    var identity: Int?
    if verdicts[.identity] != nil { identity = add(.ensureIdentity(desired.identity)) }
    var installs: [ExtensionKind: Int] = [:]
    for wanted in desired.extensions {
      guard let verdict = verdicts[.extension(wanted.kind)] else { continue }
      var wanted = wanted
      wanted.name = verdict.resourceName ?? wanted.name
      var before = wanted.after.compactMap { installs[$0] }
      if wanted.needsIdentity, let identity { before.append(identity) }
      if let obstacle = wanted.obstacle {
        // What cannot be rebuilt is not removed: the step stands in the plan as failed, with the reason.
        let install = add(.install(wanted))
        steps[install - 1].state = .failed
        steps[install - 1].fault = Fault(obstacle, of: wanted)
        installs[wanted.kind] = install
        continue
      }
      let remove = add(.remove(wanted.kind, name: wanted.name), after: before)
      installs[wanted.kind] = add(.install(wanted), after: [remove])
    }
    for association in desired.associations where verdicts[.association(association.name)] != nil {
      _ = add(.associate(association))
    }
    _ = add(.verify, after: Array(1..<steps.count + 1))
    return steps
  }
}
