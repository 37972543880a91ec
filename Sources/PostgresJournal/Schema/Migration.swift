/// Brings the schema of a database up to date, or says how it compares with the one known here.
struct Migration {
  private let wire: Wire
  private let patience: Duration

  init(_ wire: Wire, within patience: Duration) {
    self.wire = wire
    self.patience = patience
  }

  /// The same number in every version: several instances may start at once, and one of them migrates.
  private static let lock = Parameter.number(470_611_731 as Int64)

  /// Applies what is missing, all of it or nothing. What is not known here is refused.
  func run() throws(WireFailure) {
    if try missing().isEmpty { return }
    // Of this schema alone: others in the same database have nothing to do with it.
    let locking = Statement(
      "SELECT pg_advisory_xact_lock($1::int, hashtext(coalesce(current_schema(), '')))", Migration.lock)
    _ = try wire.ask([.begin, locking], within: patience)
    do throws(WireFailure) {
      try wire.run(script: PostgresSchema.migrationTable, within: patience)
      // Read again: another instance may have migrated while the lock was waited for.
      for name in try missing() {
        try wire.run(script: PostgresSchema.script(of: name), within: patience)
        if name == PostgresSchema.withIdentity { _ = try wire.ask([IdentityTable.draw()], within: patience) }
        _ = try wire.ask(
          [Statement("INSERT INTO migration (name, applied_at) VALUES ($1, clock_timestamp())", .text(name))],
          within: patience)
      }
      _ = try wire.ask([.commit], within: patience)
    } catch {
      if !wire.isBroken { _ = try? wire.ask([.rollback], within: patience) }
      throw error
    }
  }

  /// Refuses a schema that is not the one known here.
  func check() throws(WireFailure) {
    guard try missing().isEmpty else {
      throw .notConnected(ConnectFailure(kind: .schemaOlder, words: "the schema is older"))
    }
  }

  /// The names of what is not applied yet, in their order.
  ///
  /// Every version knows all that were before it, so a schema with something unknown and something missing is nobody's.
  private func missing() throws(WireFailure) -> [String] {
    let table = try wire.ask([Statement("SELECT to_regclass('migration') IS NOT NULL")], within: patience)
    guard table.first?.first?.isTrue(0) == true else { return PostgresSchema.names }
    let rows = try wire.ask([Statement("SELECT name FROM migration")], within: patience).first?.rows ?? []
    let applied = Set(rows.compactMap { $0.text(0) })
    let missing = PostgresSchema.names.filter { !applied.contains($0) }
    guard applied.isSubset(of: PostgresSchema.names) else {
      let kind: ConnectFailure.Kind = missing.isEmpty ? .schemaTooNew : .schemaUnknown
      throw .notConnected(ConnectFailure(kind: kind, words: "the schema has migrations that are not known"))
    }
    return missing
  }
}
