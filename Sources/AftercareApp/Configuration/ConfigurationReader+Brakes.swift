import RecoveryCore
import Yams

/// What keeps heals from starting.
extension ConfigurationReader {
  private enum Unexplained: String, CaseIterable { case alert, heal }

  func brakes(_ node: Node, _ read: inout BrakePolicy) {
    let keys = section(node, "brakes")
    set(keys["inFlight"], "brakes.inFlight", 1...100_000, &read.inFlight)
    set(keys["failureRate"], "brakes.failureRate", 0...1, &read.failureRate)
    set(keys["failureWindow"], "brakes.failureWindow", &read.failureWindow)
    set(keys["failuresOf"], "brakes.failuresOf", 1...100_000, &read.failuresOf)
    if let node = keys["canary"] { read.usesCanaries = flag(node, "brakes.canary") ?? read.usesCanaries }
    set(keys["canaryWithin"], "brakes.canaryWithin", &read.canaryWithin)
    set(keys["canaryKeeps"], "brakes.canaryKeeps", &read.canaryKeeps)
    if let node = keys["unexplained"] {
      read.healsUnexplained = choice(node, "brakes.unexplained", Unexplained.self) == .heal
    }
    if let node = keys["optOutTag"] { read.optOutTag = text(node, "brakes.optOutTag") ?? read.optOutTag }
    set(keys["flapHeals"], "brakes.flapHeals", 1...100, &read.flapHeals)
    set(keys["flapPeriod"], "brakes.flapPeriod", &read.flapPeriod)
    if let node = keys["windows"] {
      read.windows = list(node, "brakes.windows").enumerated().compactMap { index, entry in
        window(entry, "brakes.windows[\(index)]")
      }
    }
  }

  private func window(_ node: Node, _ path: String) -> HealWindow? {
    let keys = section(node, path, "brakes.windows")
    var days = Set(HealWindow.Day.allCases)
    if let node = keys["days"] {
      days = Set(
        list(node, "\(path).days").enumerated().compactMap { index, entry in
          choice(entry, "\(path).days[\(index)]", HealWindow.Day.self)
        })
    }
    guard let from = keys["from"], let to = keys["to"] else {
      report(node, path, "needs from and to, times of the day in UTC such as \"22:00\"")
      return nil
    }
    guard let start = minutes(from, "\(path).from"), let end = minutes(to, "\(path).to") else { return nil }
    if start == end {
      report(to, "\(path).to", "the window ends when it begins")
      return nil
    }
    return HealWindow(days: days, from: start, to: end)
  }

  /// Minutes after midnight. YAML 1.1 reads an unquoted `22:00` as a number in base sixty, so the text itself is read.
  private func minutes(_ node: Node, _ path: String) -> Int? {
    guard let text = text(node, path) else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 2, parts[1].count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
      (0...23).contains(hour), (0...59).contains(minute)
    {
      return hour * 60 + minute
    }
    report(node, path, "expected a time of the day in UTC such as \"22:00\", got '\(text)'")
    return nil
  }
}
