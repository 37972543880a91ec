/// The tables of a journal that grow with what is watched, in the order in which they are to be filled: what a row refers
/// to is there before it. Both kinds of journal have the same columns; where vaults are shards, a column `shard` besides.
package enum ArchiveTable: String, CaseIterable, Sendable {
  case heal, step, item, machine, baseline, event, sweep

  package struct Column: Hashable, Sendable {
    package let name: String
    package let isNumber: Bool
  }

  /// Values travel in this order.
  package var columns: [Column] {
    texts.map { Column(name: $0, isNumber: false) } + numbers.map { Column(name: $0, isNumber: true) }
  }

  private var texts: [String] {
    switch self {
    case .heal: ["id", "item_key", "machine_id", "machine_name", "vm_id", "status", "body"]
    case .step: ["heal_id", "title", "verb", "state", "operation", "fault"]
    case .item:
      [
        "key", "vault", "arm_id", "name", "lifecycle_id", "live_machine", "protection_state", "reason", "heal_id",
        "state",
      ]
    case .machine: ["id", "vm_id", "name", "item_key", "role"]
    case .baseline: ["item_key", "machine_id", "body"]
    case .event:
      [
        "kind", "level", "item_key", "item_name", "machine_id", "machine_name", "vault", "heal_id", "failover", "body",
      ]
    case .sweep: ["vault", "body"]
    }
  }

  private var numbers: [String] {
    switch self {
    case .heal: ["started_at", "ended_at"]
    case .step: ["ordinal", "attempts", "intended_at", "ended_at"]
    case .item: ["updated_at"]
    case .machine: ["first_seen", "last_seen"]
    case .baseline: ["learned_at", "confirmed_at"]
    case .event: ["sequence", "at"]
    case .sweep:
      ["sweeps", "failed", "pages", "instance_views", "item_reads", "association_lists", "job_lists"]
    }
  }

  /// What a row is found by, among the rows of one vault.
  package var key: [String] {
    switch self {
    case .heal: ["id"]
    case .step: ["heal_id", "ordinal"]
    case .item: ["key"]
    case .machine: ["id", "vm_id"]
    case .baseline: ["item_key", "learned_at"]
    case .event: ["sequence"]
    case .sweep: ["vault"]
    }
  }
}
