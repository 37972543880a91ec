public import FoundationEssentials

/// Whether a scenario ended as its file says, by the truth and by what was told.
public enum ScenarioVerdict {
  /// What is not as the scenario's `expect` says, in plain sentences; nothing when all is.
  ///
  /// - Parameters:
  ///   - truth: the answer of `GET /_simulator/truth`.
  ///   - told: names of the events that were told; nil when they are not to be judged.
  public static func judge(_ scenario: Scenario, truth: Data, told: Set<String>? = nil) throws -> [String] {
    guard let expect = scenario.expect else { return [] }
    let truth = try JSONDecoder().decode(ScenarioTruth.self, from: truth)
    var wrong = expect.machines.flatMap { judge($0, truth) }
    for refused in expect.never {
      let made = truth.writes.filter {
        $0.method == refused.method && $0.path.lowercased().contains(refused.path.lowercased())
          && $0.status == refused.status ?? $0.status
      }
      wrong += made.map { "\($0.method) \($0.path) was sent and answered with \($0.status)" }
    }
    if let told {
      wrong += expect.says.filter { !told.contains($0) }.map { "the event \($0) was not told" }
    }
    return wrong
  }

  private static func judge(_ expected: Scenario.Expectation.Machine, _ truth: ScenarioTruth) -> [String] {
    let who = "\(expected.item) (\(expected.role))"
    let machine = truth.machines.first { $0.item == expected.item && $0.role == expected.role && $0.exists }
    var wrong: [String] = []
    if expected.exists == false {
      if machine != nil { wrong.append("\(who) is there") }
    } else if machine == nil, expected.exists == true || expected.isAboutContent {
      return ["\(who) is not there"]
    }
    if let isUntouched = expected.untouched {
      // A machine that is gone has its writes in the log; a live one's predecessors are not its own.
      let logged = truth.writes.count { $0.item == expected.item && $0.role == expected.role }
      let writes = expected.role == "live" ? machine?.writes ?? 0 : logged
      if isUntouched, writes > 0 { wrong.append("\(who) was written to \(writes) times") }
      if !isUntouched, writes == 0 { wrong.append("\(who) was not written to") }
    }
    guard let machine else { return wrong }
    var judged = MachineVerdict(machine: machine, expected: expected)
    judged.judge()
    return wrong + judged.wrong.map { "\(who): \($0)" }
  }
}

extension Scenario.Expectation.Machine {
  /// Whether it says anything of a machine that must be there for that.
  fileprivate var isAboutContent: Bool {
    legs != nil || !installs.isEmpty || !associations.isEmpty || sending != nil || untouched == false
  }
}

extension SimulatedAzure {
  /// The verdict on this simulation as it stands now.
  public func verdict(told: Set<String>? = nil) throws -> [String] {
    settle()
    return try ScenarioVerdict.judge(scenario, truth: Data(truth().text.utf8), told: told)
  }
}
