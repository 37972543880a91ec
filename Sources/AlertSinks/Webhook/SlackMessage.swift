import RecoveryCore

/// What an incoming webhook of Slack takes: a text for notifications, and a section for each event.
/// Source: Slack API, "Sending messages using incoming webhooks"; a section's text has 3,000 characters at the most.
struct SlackMessage: Encodable {
  struct Block: Encodable {
    struct Text: Encodable {
      var type = "mrkdwn"
      var text: String
    }

    var type = "section"
    var text: Text
  }

  private static let mostCharacters = 2900

  var text: String
  var blocks: [Block]

  init(_ events: [RecordedEvent]) {
    let headlines = events.map { Headline($0.event) }
    text = SlackMessage.escaped(headlines.map(\.title).joined(separator: "\n"))
    blocks = headlines.map { headline in
      var lines = ["*\(SlackMessage.escaped(headline.title))*"]
      if let remedy = headline.remedy { lines.append(SlackMessage.escaped(remedy)) }
      lines += headline.facts.map { "\($0.name): \(SlackMessage.escaped($0.value))" }
      return Block(text: .init(text: String(lines.joined(separator: "\n").prefix(SlackMessage.mostCharacters))))
    }
  }

  /// Slack reads three characters as its own: nothing that Azure says can mention a channel or hide a link.
  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
