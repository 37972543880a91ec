/// What is wrong with one machine.
struct MachineVerdict {
  let machine: ScenarioTruth.Machine
  let expected: Scenario.Expectation.Machine
  var wrong: [String] = []

  init(machine: ScenarioTruth.Machine, expected: Scenario.Expectation.Machine) {
    self.machine = machine
    self.expected = expected
  }

  mutating func judge() {
    switch expected.legs {
    case .before: judgeBefore()
    case .types(let types): judgeTypes(types)
    case nil: break
    }
    for (type, count) in expected.installs.sorted(by: { $0.key < $1.key }) {
      let succeeded = found(type)?.installsSucceeded ?? 0
      if succeeded != count { wrong.append("\(type) was installed \(succeeded) times, not \(count)") }
    }
    for resource in machine.extensions where resource.runOnce && expected.installs[resource.type] == nil {
      if (resource.installsStarted ?? 0) > 0 { wrong.append("\(resource.type) runs once, and was run again") }
    }
    if expected.legs == nil {
      for (name, target) in expected.associations.sorted(by: { $0.key < $1.key }) { judge(name, target) }
    }
    if let isSending = expected.sending, isSending != (machine.sendingSince != nil) {
      wrong.append(isSending ? "no data is sent" : "data is sent")
    }
  }

  private func found(_ type: String) -> ScenarioTruth.Extension? {
    machine.extensions.first { $0.type.lowercased() == type.lowercased() }
  }

  // MARK: - Legs

  private mutating func judgeBefore() {
    let before = machine.before
    let wanted = before.extensions.filter(\.isRestored)
    wanted.forEach { judge($0) }
    let others = machine.extensions.filter { there in
      there.isRestored && !wanted.contains { $0.type.lowercased() == there.type.lowercased() }
    }
    wrong += others.map { "\($0.type) was not there before" }
    if machine.identityType != before.identityType {
      wrong.append("its identity is \(machine.identityType), not \(before.identityType)")
    }
    let missing = Set(before.userAssigned.map { $0.lowercased() }).symmetricDifference(
      machine.userAssigned.map { $0.lowercased() })
    wrong += missing.sorted().map { "the identity \($0) is only there before or only now" }
    let associations = before.associations.filter { $0.owner == nil }
    for association in associations where expected.associations[association.name] == nil {
      judge(association.name, association.rule ?? association.endpoint ?? "")
    }
    for (name, target) in expected.associations.sorted(by: { $0.key < $1.key }) { judge(name, target) }
    let known = Set(associations.map { $0.name.lowercased() } + expected.associations.keys.map { $0.lowercased() })
    let strangers = machine.associations.filter { $0.owner == nil && !known.contains($0.name.lowercased()) }
    wrong += strangers.map { "the association \($0.name) was not there before" }
    let hasAgent = wanted.contains { $0.publisher.lowercased() == "microsoft.azure.monitor" }
    if expected.sending == nil, hasAgent, associations.contains(where: { $0.rule != nil }), machine.sendingSince == nil
    {
      wrong.append("no data is sent")
    }
  }

  private mutating func judgeTypes(_ types: [String]) {
    for type in types {
      guard let there = found(type) else {
        wrong.append("\(type) is not there")
        continue
      }
      judgeState(there)
    }
    let others = machine.extensions.filter { there in
      !types.contains { $0.lowercased() == there.type.lowercased() }
    }
    wrong += others.map { "\($0.type) is there" }
  }

  private mutating func judge(_ wanted: ScenarioTruth.Extension) {
    guard let there = found(wanted.type), there.publisher.lowercased() == wanted.publisher.lowercased() else {
      wrong.append("\(wanted.type) is not there")
      return
    }
    judgeState(there)
    let name = expected.names[wanted.type] ?? wanted.name
    if there.name != name { wrong.append("\(wanted.type) is named \(there.name), not \(name)") }
    if there.version != wanted.version {
      wrong.append("\(wanted.type) is of version \(there.version), not \(wanted.version)")
    }
    let settings = (there.settings?.text ?? "nothing", wanted.settings?.text ?? "nothing")
    if settings.0 != settings.1, !(settings.0.isNoSettings && settings.1.isNoSettings) {
      wrong.append("\(wanted.type) has the settings \(settings.0), not \(settings.1)")
    }
    if there.provisionAfterExtensions != wanted.provisionAfterExtensions {
      wrong.append("\(wanted.type) is provisioned after \(there.provisionAfterExtensions)")
    }
    if there.autoUpgradeMinorVersion != wanted.autoUpgradeMinorVersion
      || there.enableAutomaticUpgrade != wanted.enableAutomaticUpgrade
    {
      wrong.append("\(wanted.type) has other upgrade flags")
    }
  }

  private mutating func judgeState(_ there: ScenarioTruth.Extension) {
    if there.provisioningState != "Succeeded" {
      wrong.append("\(there.type) is \(there.provisioningState ?? "in no state")")
    }
    if there.handlerCode != "ProvisioningState/succeeded" {
      wrong.append("\(there.type) reports \(there.handlerCode ?? "nothing")")
    }
  }

  private mutating func judge(_ association: String, _ target: String) {
    let there = machine.associations.first { $0.name.lowercased() == association.lowercased() }
    guard let there else {
      wrong.append("the association \(association) is not there")
      return
    }
    let leads = there.rule ?? there.endpoint ?? ""
    if leads.lowercased() != target.lowercased() {
      wrong.append("the association \(association) leads to \(leads), not to \(target)")
    }
  }
}

extension String {
  /// No settings, and an empty object of them, are the same to an extension.
  fileprivate var isNoSettings: Bool { self == "nothing" || self == "{}" || self == "\"{}\"" || self == "null" }
}
