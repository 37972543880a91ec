import AftercareTesting

/// A scenario made from a seed: a few machines, and what Site Recovery, Azure Policy and people do to them.
struct StoryGenerator {
  private var random: SeededGenerator
  private static let subscription = "5e000000-0000-4000-8000-000000000001"
  private static let rule =
    "/subscriptions/\(subscription)/resourceGroups/rg-monitor/providers/Microsoft.Insights/dataCollectionRules/dcr-all"

  init(_ random: SeededGenerator) { self.random = random }

  /// The extension that cannot be rebuilt: it has protected settings, and nobody says which.
  static let secret = "IaaSDiagnostics"
  /// The one that runs something once.
  static let once = "CustomScriptExtension"

  /// The scenario as a file would have it, and the second at which the last thing in it happens.
  mutating func yaml() -> (text: String, end: Double) {
    let count = random.pick([1, 1, 2, 2, 3])
    var machines: [String] = []
    for number in 1...count { machines.append(machine(number)) }
    return story(of: machines, in: ["kv"])
  }

  /// The same of several vaults, some of which may have nothing in them.
  mutating func shared() -> (text: String, end: Double) {
    let vaults = Array(["kv", "kv-b", "kv-c", "kv-d"].prefix(random.number(1...4)))
    let count = random.pick([1, 2, 2, 3, 4])
    var machines: [String] = []
    for number in 1...count { machines.append(machine(number, in: random.pick(vaults))) }
    return story(of: machines, in: vaults)
  }

  private mutating func story(of machines: [String], in vaults: [String]) -> (text: String, end: Double) {
    let (timeline, end) = timeline(machines.count)
    let lines = vaults.map { name in
      "  - {name: \(name), subscription: \"\(Self.subscription)\", resourceGroup: rg-vaults, "
        + "pageSize: \(random.number(1...3))}"
    }
    let text = """
      name: story
      rules: ["\(Self.rule)"]
      vaults:
      \(lines.joined(separator: "\n"))
      timings: {failover: \(random.number(40...200)), seeding: \(random.number(60...600)), operation: \(random.number(5...60)), agent: \(random.number(10...120)), handlerSettles: \(random.number(5...60))}
      \(quirks())machines:
      \(machines.joined(separator: "\n"))
      timeline:
      \(timeline.joined(separator: "\n"))

      """
    return (text, end)
  }

  /// A large fleet over days: each machine fails over and back a few times, whenever.
  mutating func soak(_ course: Soak) -> (text: String, end: Double) {
    let day = 86_400
    var machines: [String] = []
    var lines: [String] = []
    for number in 1...course.items {
      machines.append(machine(number))
      var at = random.number(1...day)
      while at < (course.days - 1) * day {
        for (verb, seconds) in [("failover", 2500), ("commit", 300), ("reprotect", 3600)] {
          lines.append("  - {at: \(at), do: \(verb), items: [vm-\(number)]}")
          at += seconds
        }
        at += random.number(1...(course.days * day / 2))
      }
    }
    let text = """
      name: soak
      rules: ["\(Self.rule)"]
      vaults:
        - {name: kv, subscription: "\(Self.subscription)", resourceGroup: rg-vaults, pageSize: 100}
      timings: {failover: 200, seeding: 600, operation: 30, agent: 60, handlerSettles: 20}
      machines:
      \(machines.joined(separator: "\n"))
      timeline:
      \(lines.joined(separator: "\n"))

      """
    return (text, Double((course.days - 1) * day + 10_000))
  }

  private mutating func quirks() -> String {
    guard random.chance(0.2) else { return "" }
    // Poll blips and operations that only a Location names are part of it.
    return "quirks: true\n"
  }

  private mutating func machine(_ number: Int, in vault: String = "kv") -> String {
    let isWindows = random.chance(0.6)
    var extensions = ["AzureMonitorAgent"]
    if random.chance(0.5) { extensions.append("DependencyAgent") }
    if isWindows, random.chance(0.3) {
      extensions.append(
        "{publisher: Microsoft.Azure.Diagnostics, type: \(Self.secret), version: \"1.5\", needsProtectedSettings: true}"
      )
    }
    if isWindows, random.chance(0.3) {
      extensions.append("{publisher: Microsoft.Compute, type: \(Self.once), version: \"1.10\", runOnce: true}")
    }
    var options: [String] = []
    if random.chance(0.3) { options.append("agentLate: \(random.number(10...1500))") }
    if random.chance(0.2) { options.append("keepsIdentity: true") }
    if random.chance(0.3) { options.append("linuxHandlers: unresponsive") }
    if random.chance(0.15) { options.append("failoverFails: true") }
    if random.chance(0.3) {
      let type = isWindows ? "AzureMonitorWindowsAgent" : "AzureMonitorLinuxAgent"
      options.append("installFailures: {\(type): \(random.number(1...2))}")
    }
    if random.chance(0.2) { options.append("policyInstallsAfter: \(random.number(1...300))") }
    if random.chance(0.3) { options.append("stateDuringFailover: UnplannedFailoverInProgressStatesBegin") }
    if random.chance(0.2) { options.append("deleteMissingVM: 404") }
    let zone = random.chance(0.2)
    return """
        - name: vm-\(number)
          os: \(isWindows ? "windows" : "linux")
          vault: \(vault)
          from: {location: uksouth, resourceGroup: rg-a, subscription: "\(Self.subscription)"\(zone ? ", zone: \"1\"" : "")}
          to: {location: \(zone ? "uksouth" : "ukwest"), resourceGroup: rg-b, subscription: "\(Self.subscription)"\(zone ? ", zone: \"2\"" : "")}
          extensions: [\(extensions.joined(separator: ", "))]
          associations: {dcr-all: "\(Self.rule)"}
          options: {\(options.joined(separator: ", "))}
      """
  }

  private mutating func timeline(_ count: Int) -> ([String], Double) {
    var lines: [String] = []
    var end = 0.0
    for number in 1...count {
      var at = Double(random.number(120...600))
      func happens(_ verb: String) { lines.append("  - {at: \(at), do: \(verb), items: [vm-\(number)]}") }
      if random.chance(0.15) {
        happens("testFailover")
        at += Double(random.number(100...900))
        happens("testFailoverCleanup")
        at += Double(random.number(10...100))
      }
      for _ in 0..<random.pick([1, 1, 2, 2, 3]) {
        happens("failover")
        if random.chance(0.15) {
          at += Double(random.number(150...900))
          happens("changePit")
        }
        if random.chance(0.1) {
          at += Double(random.number(100...600))
          happens("stop")
          at += Double(random.number(60...600))
          happens("start")
        }
        at += Double(random.number(300...1000))
        happens("commit")
        at += Double(random.number(1...300))
        happens("reprotect")
        at += Double(random.number(700...1200))
      }
      end = max(end, at)
    }
    return (lines, end)
  }
}
