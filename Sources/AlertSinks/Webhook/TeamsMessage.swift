import RecoveryCore

/// What the workflow trigger "When a Teams webhook request is received" takes: a message with one Adaptive Card for
/// each event. Sources: Microsoft Teams, "Create incoming webhooks with Workflows"; Adaptive Cards 1.4.
struct TeamsMessage: Encodable {
  struct Attachment: Encodable {
    var contentType = "application/vnd.microsoft.card.adaptive"
    var content: Card
  }

  struct Card: Encodable {
    var schema = "http://adaptivecards.io/schemas/adaptive-card.json"
    var type = "AdaptiveCard"
    var version = "1.4"
    var body: [Element]

    enum CodingKeys: String, CodingKey {
      case schema = "$schema"
      case type, version, body
    }
  }

  struct Element: Encodable {
    struct Fact: Encodable {
      var title: String
      var value: String

      init(_ title: String, _ value: String) {
        self.title = title
        self.value = escaped(value)
      }
    }

    var type: String
    var text: String?
    var weight: String?
    var color: String?
    var wrap: Bool?
    var facts: [Fact]?

    /// Cards read Markdown: nothing that Azure says can hide a link.
    private static func escaped(_ text: String) -> String { text.replacing("[", with: "\\[") }

    static func text(_ text: String, weight: String? = nil, color: String? = nil) -> Element {
      Element(type: "TextBlock", text: escaped(text), weight: weight, color: color, wrap: true)
    }
  }

  var type = "message"
  var attachments: [Attachment]

  init(_ events: [RecordedEvent]) {
    attachments = events.map { recorded in
      let headline = Headline(recorded.event)
      var body = [Element.text(headline.title, weight: "Bolder", color: TeamsMessage.color(recorded.event))]
      if let remedy = headline.remedy { body.append(.text(remedy)) }
      body.append(
        Element(type: "FactSet", facts: headline.facts.map { Element.Fact($0.name, $0.value) }))
      return Attachment(content: Card(body: body))
    }
  }

  private static func color(_ event: Event) -> String {
    if event.kind == .alertResolved { return "Good" }
    return switch event.level {
    case .error: "Attention"
    case .warning: "Warning"
    case .notice, .info, .debug: "Default"
    }
  }
}
