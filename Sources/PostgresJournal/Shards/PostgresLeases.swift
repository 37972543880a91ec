import JournalFormat
import RecoveryCore

/// Who lives and who holds which vault, by the clock of the database alone.
struct PostgresLeases: Leases {
  let database: DatabaseAccess

  /// One journey. A row that is locked at the moment is passed over: whoever hangs in one shard keeps no other from
  /// being renewed. Such a lease still counts as renewed while it lasts; the next beat tries again.
  func beat(
    _ instance: Instance, renewing held: [ResourceID: Fence], wanting vaults: Set<ResourceID>, for span: Duration
  ) async throws(JournalError) -> LeasePicture {
    let held = held.sorted { $0.key < $1.key }
    let keys = held.map(\.key.key)
    let wanted = Parameter.texts(vaults.map(\.key).sorted())
    let patience = database.patience
    do {
      let statements = [
        Statement("SELECT aftercare_know($1::text[])", wanted),
        Statement(
          """
          INSERT INTO instance (id, body, seen_at, span_ms) VALUES ($1, $2, clock_timestamp(), $3)
          ON CONFLICT (id) DO UPDATE SET
            body = excluded.body, seen_at = excluded.seen_at, span_ms = excluded.span_ms
          """, .text(instance.id.text), .text(try JournalJSON.encode(instance)), .number(span.inMilliseconds)),
        PostgresLeases.wanting(wanted),
        PostgresLeases.renewing(
          .text(instance.id.text), .texts(keys), .numbers(held.map(\.value.token)), span),
        Statement("DELETE FROM instance WHERE seen_at < clock_timestamp() - interval '1 day'"),
        Statement(
          """
          SELECT vault FROM shard JOIN unnest($2::text[], $3::bigint[]) AS mine (name, fence)
            ON vault = mine.name AND token = mine.fence
          WHERE holder = $1 AND expires_at > clock_timestamp()
          """, .text(instance.id.text), .texts(keys), .numbers(held.map(\.value.token))),
      ]
      let tables = try await database.pool.writer.perform { wire throws(WireFailure) in
        try wire.transact(statements + PostgresLeases.looking, within: patience)
      }
      let renewed = Set((tables[3].rows + tables[5].rows).compactMap { $0.text(0) })
      return try PostgresLeases.picture(
        Array(tables[6...]), renewed: Set(held.map(\.key).filter { renewed.contains($0.key) }))
    } catch {
      throw database.error(error)
    }
  }

  private static func wanting(_ vaults: Parameter) -> Statement {
    Statement(
      """
      UPDATE shard SET wanted_at = clock_timestamp() WHERE vault IN (
        SELECT vault FROM shard WHERE vault = ANY ($1::text[])
          AND (wanted_at IS NULL OR wanted_at < clock_timestamp() - interval '1 minute')
        ORDER BY vault FOR NO KEY UPDATE SKIP LOCKED)
      """, vaults)
  }

  private static func renewing(
    _ holder: Parameter, _ vaults: Parameter, _ tokens: Parameter, _ span: Duration
  ) -> Statement {
    Statement(
      """
      UPDATE shard SET expires_at = clock_timestamp() + $4 * interval '1 millisecond' WHERE vault IN (
        SELECT vault FROM shard JOIN unnest($2::text[], $3::bigint[]) AS mine (name, fence)
          ON vault = mine.name AND token = mine.fence
        WHERE holder = $1 ORDER BY vault FOR NO KEY UPDATE OF shard SKIP LOCKED)
      RETURNING vault
      """, holder, vaults, tokens, .number(span.inMilliseconds))
  }

  func release(_ vault: ResourceID, fence: Fence) async throws(JournalError) {
    try await change(
      Statement(
        "UPDATE shard SET holder = NULL, expires_at = NULL WHERE vault = $1 AND token = $2", .text(vault.key),
        .number(fence.token)))
  }

  func leave(_ instance: InstanceID) async throws(JournalError) {
    try await change(
      Statement(
        """
        UPDATE shard SET holder = NULL, expires_at = NULL WHERE vault IN (
          SELECT vault FROM shard WHERE holder = $1 ORDER BY vault FOR NO KEY UPDATE)
        """, .text(instance.text)),
      Statement("DELETE FROM instance WHERE id = $1", .text(instance.text)))
  }

  /// What may be done twice is tried again where its answer was lost.
  private func change(_ statements: Statement...) async throws(JournalError) {
    let patience = database.patience
    let work = { @Sendable (wire: Wire) throws(WireFailure) -> Void in
      _ = try wire.transact(statements, within: patience)
    }
    do throws(WireFailure) {
      try await database.pool.writer.reading(work)
    } catch {
      throw database.error(error)
    }
  }

  // MARK: - Looking

  func picture() async throws(JournalError) -> LeasePicture {
    let patience = database.patience
    do {
      let tables = try await database.pool.read { wire throws(WireFailure) in
        try wire.read(PostgresLeases.looking, within: patience)
      }
      return try PostgresLeases.picture(tables, renewed: [])
    } catch {
      throw database.error(error)
    }
  }

  private static let looking = [
    Statement(
      """
      SELECT id, body, (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::bigint,
        seen_at + span_ms * interval '1 millisecond' > clock_timestamp()
      FROM instance ORDER BY id
      """),
    Statement(
      """
      SELECT vault, holder, token, (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint
      FROM shard WHERE token > 0 ORDER BY vault
      """),
    Statement("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"),
  ]

  /// From the answers to `looking`.
  private static func picture(_ tables: [ResultTable], renewed: Set<ResourceID>) throws -> LeasePicture {
    LeasePicture(
      at: Timestamp(milliseconds: tables[2].first?.number(0) ?? 0),
      instances: try tables[0].rows.map { row in
        LeasePicture.Presence(
          instance: try JournalJSON.decode(
            Instance.self, from: row.text(1) ?? "", table: "instance", key: row.text(0) ?? "?"),
          silentFor: .milliseconds(max(0, row.number(2) ?? 0)), isAlive: row.isTrue(3))
      }.sorted { $0.instance.id < $1.instance.id },
      leases: tables[1].rows.compactMap { row in
        row.text(0).flatMap { ResourceID($0) }.map { vault in
          LeasePicture.Lease(
            vault: vault, holder: row.text(1).map(InstanceID.init), fence: Fence(token: row.number(2) ?? 0),
            remaining: .milliseconds(row.number(3) ?? 0))
        }
      }.sorted { $0.vault < $1.vault }, renewed: renewed)
  }
}
