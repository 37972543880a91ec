import RecoveryCore

/// An event for a person in a chat: a line to be woken by, and what it is about.
struct Headline {
  let title: String
  /// What to do, when there is something to do.
  let remedy: String?
  let facts: [(name: String, value: String)]

  private static let most = 1500

  init(_ event: Event) {
    let subject = event.fields["subject"] ?? event.itemName ?? event.vault?.name
    let what = event.fields["alert"].map { "\(event.message): \($0)" } ?? event.message
    title = ([Headline.mark(event), what] + (subject.map { [$0] } ?? [])).joined(separator: " ")
    remedy = event.fields["remedy"]?.cut(to: Headline.most)
    var facts: [(String, String)] = []
    for key in ["conditions", "names", "cause", "reason", "step", "leg", "evidence", "standing"] {
      if let value = event.fields[key] { facts.append((key, value.cut(to: Headline.most))) }
    }
    if let machine = event.machine { facts.append(("machine", machine.text)) }
    if let vault = event.vault { facts.append(("vault", vault.name)) }
    facts.append(("at", event.at.iso8601))
    self.facts = facts
  }

  private static func mark(_ event: Event) -> String {
    if event.kind == .alertResolved { return "✅" }
    return switch event.level {
    case .error: "🔴"
    case .warning: "🟠"
    case .notice: "🔵"
    case .info, .debug: "⚪"
    }
  }
}
