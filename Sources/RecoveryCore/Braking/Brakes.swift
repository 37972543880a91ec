/// The brakes that somebody, or the fleet's own bad luck, has put on. They outlive the process.
public struct Brakes: Hashable, Sendable, Codable {
  /// A person has stopped all heals.
  public struct Pause: Hashable, Sendable, Codable {
    public var reason: String
    public var since: Timestamp

    public init(reason: String, since: Timestamp) {
      self.reason = reason
      self.since = since
    }
  }

  /// Too many heals ended parked.
  public struct Trip: Hashable, Sendable, Codable {
    public var since: Timestamp
    /// Then it is tried again, canaries first.
    public var until: Timestamp
    public var parked: Int
    public var ended: Int
  }

  public var pause: Pause?
  public var trip: Trip?
  /// Heals that ended before are not counted: a person has looked at them and released the brake.
  public var countFrom: Timestamp?

  public init() {}

  /// Of several vaults together: those of the first that a person has paused, else of the first whose heals fail too
  /// often.
  public init(ofAll all: [Brakes]) {
    self = all.first { $0.pause != nil } ?? all.first { $0.trip != nil } ?? all.first ?? Brakes()
  }

  public var isOff: Bool { pause == nil && trip == nil }
}

/// What a person tells the running watch. It is kept in the journal until it is answered.
public enum Order: Hashable, Sendable, Codable {
  /// Start no heal; take nothing further apart.
  case pause(reason: String)
  /// Release the pause, and the brake of the failure rate.
  case resume
  /// Start the heals that wait for approval: of one item by its name, key or machine, or of all.
  case approve(String?)
  /// Take up a parked heal anew.
  case retry(String)
  /// Heal what is broken on a machine, whether or not a failover explains it.
  case heal(String)
}

public struct RecordedOrder: Hashable, Sendable, Codable {
  public let number: Int64
  public let given: Timestamp
  public let order: Order

  public init(number: Int64, given: Timestamp, order: Order) {
    self.number = number
    self.given = given
    self.order = order
  }
}

/// What came of an order.
public struct OrderAnswer: Hashable, Sendable, Codable {
  public var number: Int64
  public var text: String
  public var isRefusal: Bool

  public init(to number: Int64, _ text: String, isRefusal: Bool = false) {
    self.number = number
    self.text = text
    self.isRefusal = isRefusal
  }
}
