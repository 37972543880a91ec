import JournalFormat
import RecoveryCore

/// What people have ordered, and what each shard answered.
enum OrderTable {
  /// Wanted by an instance of late, or held by one: who will answer.
  private static let isCaredFor = """
    (wanted_at > clock_timestamp() - interval '10 minutes' OR (holder IS NOT NULL AND expires_at > clock_timestamp()))
    """

  /// To one shard, or to all that somebody looks after; to all that were ever known where nobody does. Where none is
  /// known yet it is for those to come. A second one with the same key is the first one. It is given when the server's
  /// clock says, as everything that the instances write down: the host of who gives it may be off.
  static func give(_ order: Order, key: String, to shard: String?) throws -> Statement {
    Statement(
      """
      WITH given AS (
        INSERT INTO operator_order (key, shard, given_at, body)
        VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, $3)
        ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING number
      ), wanted AS (
        SELECT vault FROM shard WHERE \(isCaredFor)
      ), addressed AS (
        SELECT $2::text AS vault WHERE $2 IS NOT NULL
        UNION ALL SELECT vault FROM wanted WHERE $2 IS NULL
        UNION ALL SELECT vault FROM shard WHERE $2 IS NULL AND NOT EXISTS (SELECT FROM wanted)
      ), asked AS (
        INSERT INTO order_answer (number, shard) SELECT number, vault FROM given, addressed ON CONFLICT DO NOTHING
      )
      SELECT number FROM given
      """, .text(key), .text(shard), .text(try JournalJSON.encode(order)))
  }

  /// Those that a shard has not answered, oldest first.
  static func open(in shard: String) -> Statement {
    Statement(
      """
      SELECT number, given_at, body FROM operator_order JOIN order_answer AS a USING (number)
      WHERE a.shard = $1 AND a.answer IS NULL ORDER BY number
      """, .text(shard))
  }

  static func orders(_ table: ResultTable) throws -> [RecordedOrder] {
    try table.rows.map { row in try order(row) }
  }

  private static func order(_ row: ResultTable.Row) throws -> RecordedOrder {
    let number = row.number(0) ?? 0
    return RecordedOrder(
      number: number, given: Timestamp(milliseconds: row.number(1) ?? 0),
      order: try JournalJSON.decode(
        Order.self, from: row.text(2) ?? "", table: "operator_order", key: String(number)))
  }

  static func answer(_ answers: [OrderAnswer], in shard: String) throws -> Statement {
    Statement(
      """
      UPDATE order_answer SET answer = given.answer FROM unnest($2::bigint[], $3::text[]) AS given (number, answer)
      WHERE order_answer.shard = $1 AND order_answer.number = given.number
      """, .text(shard), .numbers(answers.map(\.number)), .texts(try answers.map { try JournalJSON.encode($0) }))
  }

  /// A shard's own answer.
  static func answer(to number: Int64, in shard: String) -> Statement {
    Statement(
      """
      SELECT coalesce(a.answer, o.answer) FROM operator_order AS o LEFT JOIN order_answer AS a
        ON a.number = o.number AND a.shard = $2
      WHERE o.number = $1
      """, .number(number), .text(shard))
  }

  static func answer(_ text: String, to number: Int64) throws -> OrderAnswer {
    try JournalJSON.decode(OrderAnswer.self, from: text, table: "order_answer", key: String(number))
  }

  // MARK: - Over all shards

  /// One order, or all that some shard has not answered, with a row for each shard that was asked.
  static func asked(_ number: Int64?) -> Statement {
    Statement(
      """
      SELECT o.number, o.given_at, o.body, o.answer, a.shard, a.answer, coalesce(\(isCaredFor), false)
      FROM operator_order AS o LEFT JOIN order_answer AS a ON a.number = o.number
        LEFT JOIN shard ON shard.vault = a.shard
      WHERE CASE WHEN $1::bigint IS NULL THEN o.answer IS NULL ELSE o.number = $1 END
      ORDER BY o.number, a.shard
      """, .text(number.map(String.init)))
  }

  /// An order with what came of it.
  typealias Asked = (order: RecordedOrder, answer: OrderAnswer?)

  static func asked(_ table: ResultTable) throws -> [Asked] {
    var all: [(order: RecordedOrder, given: OrderAnswer?, answers: [OrderAnswer], waits: Bool)] = []
    for row in table.rows {
      let order = try order(row)
      if all.last?.order.number != order.number {
        all.append((order, try row.text(3).map { try answer($0, to: order.number) }, [], false))
      }
      guard row.text(4) != nil else { continue }
      if let text = row.text(5) {
        all[all.count - 1].answers.append(try answer(text, to: order.number))
      } else if row.isTrue(6) {
        all[all.count - 1].waits = true
      }
    }
    return all.map { ($0.order, $0.given ?? joined($0.answers, to: $0.order, waits: $0.waits)) }
  }

  /// Nil while a shard that somebody looks after has yet to answer, unless it is for one machine and was accepted.
  private static func joined(_ answers: [OrderAnswer], to order: RecordedOrder, waits: Bool) -> OrderAnswer? {
    let accepted = answers.filter { !$0.isRefusal }
    if answers.isEmpty || (waits && !(order.order.isForOne && !accepted.isEmpty)) { return nil }
    var words: [String] = []
    for answer in accepted.isEmpty ? answers : accepted where !words.contains(answer.text) { words.append(answer.text) }
    return OrderAnswer(to: order.number, words.joined(separator: "; "), isRefusal: accepted.isEmpty)
  }

  // MARK: - Copying

  static let newest = Statement(
    """
    SELECT greatest(
      (SELECT max(number) FROM operator_order),
      pg_sequence_last_value(pg_get_serial_sequence('operator_order', 'number')::regclass))
    """)

  /// All orders, as `asked` has them, with the giver's key and the only vault. An order waits for vaults that are watched.
  static func archived(watched: Set<String>) -> Statement {
    Statement(
      """
      SELECT o.number, o.given_at, o.body, o.answer, a.shard, a.answer, coalesce(a.shard = ANY ($1::text[]), false),
        o.key, o.shard
      FROM operator_order AS o LEFT JOIN order_answer AS a ON a.number = o.number ORDER BY o.number, a.shard
      """, .texts(watched.sorted()))
  }

  static func archived(_ table: ResultTable) throws -> [ArchiveOrder] {
    let rows = Dictionary(grouping: table.rows) { $0.number(0) ?? 0 }
    return try asked(table).map { asked in
      let number = asked.order.number
      let rows = rows[number] ?? []
      return ArchiveOrder(
        number: number, given: asked.order.given.milliseconds, body: rows.first?.text(2) ?? "",
        answer: try asked.answer.map { answer in try rows.first?.text(3) ?? JournalJSON.encode(answer) },
        key: rows.first?.text(7), shard: rows.first?.text(8),
        asked: rows.compactMap { row in row.text(4).map { ArchiveOrder.Asked(shard: $0, answer: row.text(5)) } })
    }
  }

  /// An order that was answered before there were shards keeps its one answer; one that is open goes to every vault that
  /// is watched.
  static func write(_ orders: [ArchiveOrder], of head: ArchiveHead, watched: [String]) -> [Statement] {
    let asked = orders.flatMap { order in order.asked.map { (order.number, $0) } }
    var statements = [
      Statement(
        """
        INSERT INTO operator_order (number, key, shard, given_at, body, answer)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
        """, .numbers(orders.map(\.number)), .texts(orders.map { $0.key ?? "copied \($0.number)" }),
        .texts(orders.map(\.shard)), .numbers(orders.map(\.given)), .texts(orders.map(\.body)),
        .texts(orders.map { $0.asked.isEmpty ? $0.answer : nil })),
      Statement(
        """
        INSERT INTO order_answer (number, shard, answer)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
        """, .numbers(asked.map(\.0)), .texts(asked.map(\.1.shard)), .texts(asked.map(\.1.answer))),
      Statement("SELECT aftercare_know($1::text[])", .texts(watched)),
    ]
    if head.lastOrder > 0 {
      statements.append(
        Statement(
          "SELECT setval(pg_get_serial_sequence('operator_order', 'number'), $1)", .number(head.lastOrder)))
    }
    return statements
  }

  // MARK: - Forgetting

  static func prune(in shard: String, before: Timestamp) -> Statement {
    Statement(
      """
      WITH gone AS (
        DELETE FROM operator_order WHERE number IN (
          SELECT number FROM operator_order AS o WHERE given_at < $2 AND (
            o.answer IS NOT NULL OR (
              EXISTS (SELECT FROM order_answer AS a WHERE a.number = o.number AND a.shard = $1)
              AND NOT EXISTS (SELECT FROM order_answer AS a WHERE a.number = o.number AND a.answer IS NULL)))
          ORDER BY number LIMIT 5000 FOR UPDATE SKIP LOCKED)
        RETURNING 1
      )
      UPDATE shard SET last_result = (SELECT count(*) FROM gone) WHERE vault = $1 RETURNING last_result
      """, .text(shard), .number(before.milliseconds))
  }
}

extension Order {
  /// Whether it means one machine, which only one vault can have.
  fileprivate var isForOne: Bool {
    switch self {
    case .pause, .resume, .approve(nil): false
    case .approve, .retry, .heal: true
    }
  }
}
