import RecoveryCore

/// One event as a line for a person who watches: when, which machine, what.
struct EventLine {
  let start: Timestamp

  func text(_ event: Event) -> String {
    let elapsed = Double((event.at - start).inMilliseconds) / 1000
    let clock = String(Int(elapsed)) + "." + String(Int(elapsed * 10) % 10) + "s"
    let pad = String(repeating: " ", count: max(0, 7 - clock.count))
    let name = event.itemName ?? event.vault?.name ?? "aftercare"
    let namePad = String(repeating: " ", count: max(0, 16 - name.count))
    return Terminal.paint("\(pad)\(clock)", .dim) + "  \(name)\(namePad)  "
      + Terminal.paint("\(EventLine.mark(event.level)) \(words(event))", EventLine.colour(event))
  }

  private func words(_ event: Event) -> String {
    let fields = event.fields
    var words = fields["step"].map { "\(event.message): \($0)" } ?? event.message
    switch event.kind {
    case .legBroken, .legUnexplained, .legSuspect, .legWell:
      words += ": \(fields["leg"] ?? "")" + (fields["evidence"].map { " (\($0))" } ?? "")
    case .failoverCompleted: words += ": now in \(fields["location"] ?? "?") (\(fields["protectionState"] ?? "?"))"
    case .healStarted: words += ": \(fields["steps"] ?? "")"
    case .healHealed: words += " in \(fields["took"] ?? "?")"
    case .jobSeen: words += ": \(fields["scenario"] ?? "") of \(fields["target"] ?? "") is \(fields["state"] ?? "")"
    case .stepSucceeded: words += fields["took"].map { " in \($0)" } ?? ""
    case .alertRaised, .alertRepeated, .alertResolved:
      words += ": \(fields["alert"] ?? "") \(fields["subject"] ?? "")"
      for key in ["conditions", "cause"] { words += fields[key].map { ": \($0)" } ?? "" }
      if event.level >= .warning, let remedy = fields["remedy"] { words += ". \(remedy)" }
    case .stepRetrying: words += " in \(fields["wait"] ?? "a moment"): \(fields["cause"] ?? "")"
    default:
      for key in ["reason", "cause", "waited"] { words += fields[key].map { " (\($0))" } ?? "" }
      if event.level >= .warning, let remedy = fields["remedy"] { words += ". \(remedy)" }
    }
    return words
  }

  private static func mark(_ level: Event.Level) -> String {
    switch level {
    case .debug, .info: "·"
    case .notice: "●"
    case .warning: "!"
    case .error: "✗"
    }
  }

  private static func colour(_ event: Event) -> Terminal.Colour? {
    if event.kind == .healHealed { return .green }
    switch event.level {
    case .debug: return .dim
    case .info: return nil
    case .notice: return .cyan
    case .warning: return .yellow
    case .error: return .red
    }
  }
}
