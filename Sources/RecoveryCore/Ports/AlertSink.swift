/// Where events go: the log, a file, a webhook, a table.
///
/// It is given events in their order, and the same again until it has taken them. It may be given some twice, when the
/// process dies before its yes is noted: by `RecordedEvent.deliveryID` they are known.
public protocol AlertSink: Sendable {
  /// The journal remembers by it what the sink was told: it stays the same from one start to the next.
  var name: String { get }
  /// What it is given; the rest is passed over.
  var filter: EventFilter { get }
  /// Events that it is given at once, at most.
  var batch: Int { get }
  /// How long it is left alone after it was given something: what happens together then arrives together, and the
  /// journal has fewer places to note.
  var pace: Duration { get }
  /// Returns once the events are where they belong for good. Throws a `SinkError`, or whatever stopped it.
  func deliver(_ events: [RecordedEvent]) async throws
  /// Whether events would be taken, as far as that can be told without giving one away: throws what `deliver` would.
  func probe() async throws
}

/// Unless it says otherwise, a sink is the log: told everything, at once.
extension AlertSink {
  public var name: String { SinkName.log }
  public var filter: EventFilter { .level(.debug) }
  public var batch: Int { 256 }
  public var pace: Duration { .zero }
  public func probe() async throws {}
}

public enum SinkName {
  /// Which is always there.
  public static let log = "log"
}

/// What a sink wants to hear of.
public enum EventFilter: Hashable, Sendable {
  /// What somebody is to be told: alerts that are raised, go on, and are over.
  case alerts
  /// Everything from a level on.
  case level(Event.Level)

  public func admits(_ event: Event) -> Bool {
    switch self {
    case .alerts: [.alertRaised, .alertRepeated, .alertResolved].contains(event.kind)
    case .level(let least): event.level >= least
    }
  }
}

/// Why a sink did not take what it was given. The events are kept, and given again.
public struct SinkError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// It may take them soon.
    case unavailable
    /// It will say no until a person has changed something: it is asked rarely.
    case refused
  }

  public var kind: Kind
  /// Never with a secret of the sink: neither its address nor its answer's body.
  public var message: String
  /// What a person can do about it.
  public var remedy: String
  /// How long it asked to be left alone.
  public var retryAfter: Duration?

  public init(_ kind: Kind, _ message: String, remedy: String, retryAfter: Duration? = nil) {
    self.kind = kind
    self.message = message
    self.remedy = remedy
    self.retryAfter = retryAfter
  }

  public var description: String { message }
}

extension RecordedEvent {
  /// The same for every try to deliver the event, and another one for every other event: a number may be given a second
  /// time after a power cut or a restored backup, but not for the same millisecond.
  public func deliveryID(in journal: String) -> String { "\(journal)-\(sequence)-\(event.at.milliseconds)" }
}
