import FoundationEssentials
public import WatchEngine

/// What somebody pushes, as far as it is understood: where to look, and nothing of what is said to have happened there.
/// Senders are told apart by the shape of what they send:
///
/// * our own: `{"vault": ID}`, `{"machine": ID}`, `{"item": NAME}`, several of them in one, or nothing for everything;
/// * Event Grid, an array of events with `eventType`, `subject` and `data.resourceUri`, or the handshake
///   (learn.microsoft.com/azure/event-grid/event-schema-subscriptions and …/end-point-validation-event-grid-events-schema);
/// * CloudEvents 1.0 with `specversion`, one or a batch (github.com/cloudevents/spec, json-format and http-protocol-binding;
///   learn.microsoft.com/azure/event-grid/cloud-event-schema);
/// * Azure Monitor's alerts with `schemaId`: the common schema with `data.essentials.alertTargetIDs`
///   (learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema), and that of activity log alerts with
///   `data.context.activityLog.resourceId` (…/alerts/activity-log-alerts-webhook).
public enum Push: Hashable, Sendable {
  case hints([Hint])
  /// Event Grid asks for this code back before it delivers anything.
  case handshake(code: String)

  /// Events of one delivery: Event Grid sends at most so many (`maxEventsPerBatch`).
  static let mostEvents = 5000

  /// What is taken, for whoever sent something else.
  static let taken = """
    nothing; {"vault": ID}, {"machine": ID}, {"item": NAME}; Event Grid events; CloudEvents 1.0, one or a batch; an \
    Azure Monitor alert of the common or the activity log schema
    """

  public init(_ body: some Sequence<UInt8>) throws(PushProblem) {
    let data = Data(body)
    // JSON's own white space.
    guard data.contains(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
      self = .hints([.everything])
      return
    }
    do {
      self = try JSONDecoder().decode(Decoded.self, from: data).push
    } catch let problem as PushProblem {
      throw problem
    } catch {
      throw PushProblem("it is not JSON")
    }
  }

  private struct Decoded: Decodable {
    var push: Push

    init(from decoder: any Decoder) throws {
      if var events = try? decoder.unkeyedContainer() {
        push = try Push(events: &events)
      } else if let message = try? decoder.container(keyedBy: Name.self) {
        push = try Push(message)
      } else {
        throw PushProblem("it is neither an object nor an array")
      }
    }
  }

  fileprivate init(_ message: KeyedDecodingContainer<Name>) throws {
    if message.contains("schemaId") {
      self = .hints(try Push.alert(message))
    } else if message.isEvent {
      self = try Push(event: message)
    } else {
      self = .hints(try Push.own(message))
    }
  }

  fileprivate init(events: inout any UnkeyedDecodingContainer) throws {
    var hints: [Hint] = []
    while !events.isAtEnd {
      let number = events.currentIndex + 1
      guard number <= Push.mostEvents else { throw PushProblem("it has more than \(Push.mostEvents) events") }
      guard let event = try? events.nestedContainer(keyedBy: Name.self), event.isEvent else {
        throw PushProblem("number \(number) of the array is no event: it has neither 'eventType' nor 'specversion'")
      }
      switch try Push(event: event) {
      case .hints(let more): hints += more
      case .handshake(let code):
        // It comes alone.
        self = .handshake(code: code)
        return
      }
    }
    self = .hints(hints)
  }

  private init(event: KeyedDecodingContainer<Name>) throws {
    let type = event.text("eventType") ?? event.text("type") ?? ""
    let data = event.object("data")
    if type == "Microsoft.EventGrid.SubscriptionValidationEvent" {
      guard let code = data?.text("validationCode"), !code.isEmpty, code.utf8.count <= 256 else {
        throw PushProblem("the validation event has no 'data.validationCode'")
      }
      self = .handshake(code: code)
    } else if type.hasPrefix("Microsoft.EventGrid.") {
      // Of the delivery itself: a subscription was deleted.
      self = .hints([])
    } else {
      let ids = [data?.text("resourceUri"), event.text("subject")]
      guard let hint = ids.lazy.compactMap({ $0.flatMap(Hint.init(id:)) }).first else {
        throw PushProblem("an event has an ARM id neither in 'data.resourceUri' nor in 'subject'")
      }
      self = .hints([hint])
    }
  }
}

// MARK: - Alerts and our own

extension Push {
  fileprivate static func alert(_ message: KeyedDecodingContainer<Name>) throws -> [Hint] {
    let data = message.object("data")
    switch message.text("schemaId") {
    case "azureMonitorCommonAlertSchema":
      let ids = data?.object("essentials").flatMap { try? $0.decode([String].self, forKey: "alertTargetIDs") } ?? []
      let hints = ids.prefix(mostEvents).compactMap(Hint.init(id:))
      guard !hints.isEmpty else { throw PushProblem("the alert has no ARM id in 'data.essentials.alertTargetIDs'") }
      return hints
    case "Microsoft.Insights/activityLogs":
      let id = data?.object("context")?.object("activityLog")?.text("resourceId")
      guard let hint = id.flatMap(Hint.init(id:)) else {
        throw PushProblem("the alert has no ARM id in 'data.context.activityLog.resourceId'")
      }
      return [hint]
    default: throw PushProblem("its 'schemaId' is of another kind of alert")
    }
  }

  fileprivate static func own(_ message: KeyedDecodingContainer<Name>) throws -> [Hint] {
    let known = ["vault", "machine", "item"]
    guard message.allKeys.allSatisfy({ known.contains($0.stringValue) }) else {
      throw PushProblem("it has other keys than 'vault', 'machine' and 'item', and is no event or alert")
    }
    let named = known.filter { message.contains(Name($0)) }
    guard !named.isEmpty else { return [.everything] }
    return try named.map { name in
      let text = message.text(Name(name)) ?? ""
      guard let hint = name == "item" ? Hint(item: text) : Hint(id: text) else {
        throw PushProblem("its '\(name)' is no \(name == "item" ? "name or ARM id" : "ARM id")")
      }
      return hint
    }
  }
}

/// Why a push was not understood, in words that repeat nothing of it.
public struct PushProblem: Error, Hashable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// The name of any member.
private struct Name: CodingKey, ExpressibleByStringLiteral {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init(stringLiteral name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// What is of another type than it should be is not there.
extension KeyedDecodingContainer<Name> {
  fileprivate func text(_ name: Name) -> String? { try? decode(String.self, forKey: name) }

  fileprivate func object(_ name: Name) -> KeyedDecodingContainer<Name>? {
    try? nestedContainer(keyedBy: Name.self, forKey: name)
  }

  fileprivate var isEvent: Bool { contains("eventType") || contains("specversion") }
}
