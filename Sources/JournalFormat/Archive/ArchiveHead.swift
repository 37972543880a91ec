package import RecoveryCore

/// What a journal has besides its tables: little, and read at once.
package struct ArchiveHead: Sendable {
  /// The row that says which journal it is.
  package var identity: String
  /// The numbers that were given last, which never come again.
  package var lastEvent: Int64
  package var lastOrder: Int64
  /// One without a vault where all are in one.
  package var shards: [ArchiveShard]
  package var orders: [ArchiveOrder]

  package init(
    identity: String, lastEvent: Int64, lastOrder: Int64, shards: [ArchiveShard], orders: [ArchiveOrder]
  ) {
    self.identity = identity
    self.lastEvent = lastEvent
    self.lastOrder = lastOrder
    self.shards = shards
    self.orders = orders
  }
}

/// How far the sinks have come in the story of a vault, and what stands in it.
package struct ArchiveShard: Hashable, Sendable {
  /// Where a sink stands.
  package struct Place: Hashable, Sendable {
    package var delivered: Int64
    /// The first event that it is still to be told; nil when there is none, or where it is simply the next one.
    package var waiting: Int64?

    package init(delivered: Int64, waiting: Int64? = nil) {
      self.delivered = delivered
      self.waiting = waiting
    }
  }

  /// The vault's lower-cased id; nil for all in one.
  package var vault: String?
  package var sinks: [String: Place]
  /// Nil where none were ever written.
  package var brakes: Brakes?
  package var alerts: [Alert]

  package init(vault: String?, sinks: [String: Place] = [:], brakes: Brakes? = nil, alerts: [Alert] = []) {
    self.vault = vault
    self.sinks = sinks
    self.brakes = brakes
    self.alerts = alerts
  }
}

/// What a person ordered, with what came of it.
package struct ArchiveOrder: Sendable {
  /// A vault that was asked.
  package struct Asked: Hashable, Sendable {
    package var shard: String
    package var answer: String?

    package init(shard: String, answer: String?) {
      self.shard = shard
      self.answer = answer
    }
  }

  package var number: Int64
  package var given: Int64
  package var body: String
  /// That of all vaults together; nil while it is open.
  package var answer: String?
  /// The giver's, and the only vault that it is for, where vaults are shards.
  package var key: String?
  package var shard: String?
  package var asked: [Asked]

  package init(
    number: Int64, given: Int64, body: String, answer: String?, key: String? = nil, shard: String? = nil,
    asked: [Asked] = []
  ) {
    self.number = number
    self.given = given
    self.body = body
    self.answer = answer
    self.key = key
    self.shard = shard
    self.asked = asked
  }
}
