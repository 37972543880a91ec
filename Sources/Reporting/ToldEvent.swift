public import RecoveryCore

/// An event as programs read it: the keys of docs/events.md.
public struct ToldEvent: Sendable, Encodable {
  public var sequence: Int64
  public var at: Moment
  public var event: EventKind
  public var level: Event.Level
  public var message: String
  public var item: String?
  public var machine: String?
  public var vault: String?
  public var heal: String?
  public var fields: [String: String]

  public init(_ recorded: RecordedEvent) {
    let told = recorded.event
    sequence = recorded.sequence
    at = Moment(told.at)
    event = told.kind
    level = told.level
    message = told.message
    item = told.itemName
    machine = told.machine?.text
    vault = told.vault?.name
    heal = told.heal
    fields = told.fields
  }
}
