import JournalFormat
import RecoveryCore

/// How far each sink has come in the story of each shard.
enum SinkTable {
  /// Forgets who is not named any more. Who is new begins behind the newest event; not the highest number that is
  /// there, for the newest events may have been pruned, but their numbers never come again.
  static func keep(_ names: Set<String>, in shard: String, newest: Int64) throws -> [Statement] {
    let names = Parameter.texts(names.sorted())
    return [
      Statement("DELETE FROM sink WHERE shard = $1 AND name <> ALL ($2::text[])", .text(shard), names),
      Statement(
        """
        INSERT INTO sink (shard, name, body) SELECT $1, name, $3 FROM unnest($2::text[]) AS name
        ON CONFLICT (shard, name) DO NOTHING
        """, .text(shard), names, .text(try JournalJSON.encode(SinkPlace(delivered: newest)))),
    ]
  }

  static let newest = Statement("SELECT last FROM event_counter WHERE id = 1")

  static func read(in shard: String?, name: String? = nil) -> Statement {
    Statement(
      """
      SELECT shard, name, body FROM sink WHERE ($1::text IS NULL OR shard = $1) AND ($2::text IS NULL OR name = $2)
      ORDER BY shard, name
      """, .text(shard), .text(name))
  }

  struct Place: Sendable {
    var shard: String
    var name: String
    var delivered: Int64
  }

  static func places(_ table: ResultTable) throws -> [Place] {
    try table.rows.map { row in
      let (shard, name) = (row.text(0) ?? "?", row.text(1) ?? "?")
      let place = try JournalJSON.decode(SinkPlace.self, from: row.text(2) ?? "", table: "sink", key: name)
      return Place(shard: shard, name: name, delivered: place.delivered)
    }
  }

  static func write(_ name: String, in shard: String, delivered: Int64) throws -> Statement {
    Statement(
      "UPDATE sink SET body = $3 WHERE shard = $1 AND name = $2", .text(shard), .text(name),
      .text(try JournalJSON.encode(SinkPlace(delivered: delivered))))
  }

  /// What has not been told, over all shards in the order of the numbers.
  static func undelivered(_ places: [Place], limit: Int) -> Statement {
    Statement(
      """
      SELECT sequence, body FROM event JOIN unnest($1::text[], $2::bigint[]) AS place (shard, delivered)
        ON event.shard = place.shard AND event.sequence > place.delivered
      ORDER BY sequence LIMIT $3
      """, .texts(places.map(\.shard)), .numbers(places.map(\.delivered)), .number(max(0, limit)))
  }

  static func backlog(_ places: [Place]) -> Statement {
    Statement(
      """
      SELECT name, (SELECT count(*) FROM event WHERE event.shard = place.shard AND sequence > place.delivered)
      FROM unnest($1::text[], $2::text[], $3::bigint[]) AS place (shard, name, delivered)
      """, .texts(places.map(\.shard)), .texts(places.map(\.name)), .numbers(places.map(\.delivered)))
  }

  // MARK: - Copying

  /// The first event behind each place.
  static func waiting(_ places: [Place]) -> Statement {
    Statement(
      """
      SELECT (SELECT min(sequence) FROM event WHERE event.shard = place.shard AND sequence > place.delivered)
      FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS place (shard, delivered, ordinal) ORDER BY ordinal
      """, .texts(places.map(\.shard)), .numbers(places.map(\.delivered)))
  }

  static func place(_ name: String, in shard: String, delivered: Int64) throws -> Statement {
    Statement(
      "INSERT INTO sink (shard, name, body) VALUES ($1, $2, $3)", .text(shard), .text(name),
      .text(try JournalJSON.encode(SinkPlace(delivered: delivered))))
  }
}
