import RecoveryCore
import Reporting

/// `{"events": […]}`: each event as programs read it, with what tells it from its own repetition.
struct EventsMessage: Encodable {
  struct Entry: Encodable {
    let id: String
    let event: ToldEvent

    private enum Keys: CodingKey { case id }

    func encode(to encoder: any Encoder) throws {
      try event.encode(to: encoder)
      var container = encoder.container(keyedBy: Keys.self)
      try container.encode(id, forKey: .id)
    }
  }

  let events: [Entry]

  init(_ events: [RecordedEvent], journal: String) {
    self.events = events.map { Entry(id: $0.deliveryID(in: journal), event: ToldEvent($0.bounded)) }
  }
}

extension RecordedEvent {
  /// No field longer than a receiver can be asked to take.
  var bounded: RecordedEvent {
    var event = event
    event.fields = event.fields.mapValues { $0.cut(to: 8000) }
    return RecordedEvent(sequence: sequence, event: event)
  }
}

extension String {
  func cut(to bytes: Int) -> String {
    utf8.count <= bytes ? self : String(decoding: Array(utf8.prefix(bytes)), as: UTF8.self) + "…"
  }
}
