import CPostgres
import Glibc

/// One connection, by libpq in nonblocking mode: whoever calls waits here, with `poll`, and never longer than it says.
///
/// It is used by one thread at a time: its session's.
final class Wire {
  private let handle: OpaquePointer
  /// What was sent last is not known to have ended: the connection is not to be used again.
  private(set) var isBroken = false

  // MARK: - Connecting

  /// Connects to one host. The look-up of its name is the resolver's, with the resolver's patience.
  init(_ options: [String: String], within span: Duration) throws(ConnectFailure) {
    let end = ContinuousClock.now + span
    guard let handle = Wire.start(options) else { throw ConnectFailure(kind: .other, words: "out of memory") }
    self.handle = handle
    // The code of a refusal stands in the message then, and nowhere else.
    PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
    // Notices would go to the standard error.
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
    var state = PQstatus(handle) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
    while state != PGRES_POLLING_OK {
      guard state != PGRES_POLLING_FAILED else { throw ConnectFailure(libpq: Wire.words(of: handle)) }
      let event = state == PGRES_POLLING_READING ? POLLIN : POLLOUT
      guard wait(for: Int16(event), until: end) != nil else {
        throw ConnectFailure(kind: .timedOut, words: "no answer within \(span.components.seconds) s")
      }
      state = PQconnectPoll(handle)
    }
    guard PQsetnonblocking(handle, 1) == 0 else { throw ConnectFailure(kind: .other, words: Wire.words(of: handle)) }
  }

  deinit { PQfinish(handle) }

  private static func start(_ options: [String: String]) -> OpaquePointer? {
    let pairs = options.sorted { $0.key < $1.key }
    let keys = pairs.map { strdup($0.key) }
    let values = pairs.map { strdup($0.value) }
    defer { for text in keys + values { free(text) } }
    return (keys.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { keys in
      (values.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { values in
        PQconnectStartParams(keys.baseAddress, values.baseAddress, 0)
      }
    }
  }

  /// Whether the server has ended the connection while nobody looked: its farewell waits to be read.
  var isStale: Bool {
    if isBroken || PQstatus(handle) != CONNECTION_OK { return true }
    var watched = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
    guard poll(&watched, 1, 0) > 0 else { return false }
    return PQconsumeInput(handle) == 0 || PQstatus(handle) != CONNECTION_OK
  }

  /// Whether a transaction is open that nothing has refused.
  var isInTransaction: Bool { PQtransactionStatus(handle) == PQTRANS_INTRANS }

  // MARK: - Asking

  /// Runs statements in one journey as one transaction, and returns what each gave.
  func transact(_ statements: [Statement], within span: Duration) throws(WireFailure) -> [ResultTable] {
    try transact(statements, beginning: .begin, within: span)
  }

  /// Reads that see one moment.
  func read(_ statements: [Statement], within span: Duration) throws(WireFailure) -> [ResultTable] {
    if statements.count == 1 { return try ask(statements, within: span) }
    return try transact(statements, beginning: .beginReading, within: span)
  }

  private func transact(
    _ statements: [Statement], beginning: Statement, within span: Duration
  ) throws(WireFailure) -> [ResultTable] {
    let answers = try ask([beginning] + statements + [.commit], within: span)
    guard answers.last?.command == "COMMIT" else {
      throw .refused(Refusal(code: "25P02", message: "the transaction was undone", isFatal: false))
    }
    return Array(answers.dropFirst().dropLast())
  }

  /// Sends statements together, each by itself unless the first one begins a transaction, and waits for all.
  func ask(_ statements: [Statement], within span: Duration) throws(WireFailure) -> [ResultTable] {
    let end = ContinuousClock.now + span
    var exchange = Exchange()
    guard PQenterPipelineMode(handle) == 1 else { throw lost(Wire.words(of: handle)) }
    for statement in statements where !send(statement) { throw lost(Wire.words(of: handle)) }
    guard PQpipelineSync(handle) == 1 else { throw lost(Wire.words(of: handle)) }
    while !exchange.isOver {
      let rest = PQflush(handle)
      let events = Int16(POLLIN) | (rest == 1 ? Int16(POLLOUT) : 0)
      guard let ready = wait(for: events, until: end) else {
        isBroken = true
        throw exchange.failure("no answer within \(span.components.seconds) s", of: statements.count)
      }
      if ready & Int16(POLLIN | POLLHUP | POLLERR) != 0 || rest == -1 {
        let isOpen = PQconsumeInput(handle) == 1 && rest != -1
        collect(&exchange, isOpen: isOpen)
        if !exchange.isOver, !isOpen {
          isBroken = true
          throw exchange.failure(Wire.words(of: handle), of: statements.count)
        }
      }
    }
    guard PQexitPipelineMode(handle) == 1 else { throw lost(Wire.words(of: handle)) }
    guard let refusal = exchange.refusal else { return exchange.answers }
    undo(within: span)
    throw .refused(refusal)
  }

  /// Runs a script of several statements, in one transaction of the server's unless it says otherwise.
  func run(script: String, within span: Duration) throws(WireFailure) {
    let end = ContinuousClock.now + span
    guard PQsendQuery(handle, script) == 1 else { throw lost(Wire.words(of: handle)) }
    var refusal: Refusal?
    while true {
      let rest = PQflush(handle)
      while rest == 0, PQisBusy(handle) == 0 {
        guard let result = PQgetResult(handle) else {
          guard let refusal else { return }
          undo(within: span)
          throw .refused(refusal)
        }
        if PQresultStatus(result) == PGRES_FATAL_ERROR { refusal = refusal ?? Refusal(result) }
        PQclear(result)
        if PQstatus(handle) != CONNECTION_OK { throw lost(Wire.words(of: handle)) }
      }
      guard wait(for: Int16(POLLIN) | (rest == 1 ? Int16(POLLOUT) : 0), until: end) != nil else {
        throw lost("no answer within \(span.components.seconds) s")
      }
      guard rest != -1, PQconsumeInput(handle) == 1 else { throw lost(Wire.words(of: handle)) }
    }
  }

  // MARK: - One exchange

  private struct Exchange {
    var answers: [ResultTable] = []
    var refusal: Refusal?
    /// Which statement was refused.
    var refused = 0
    var isOver = false

    /// What a connection that ended leaves: a no that came before the last statement, the COMMIT, is a no. With that
    /// one nobody knows.
    func failure(_ words: String, of count: Int) -> WireFailure {
      if let refusal, refused < count - 1 || (refused == count - 1 && !refusal.isFatal) { return .refused(refusal) }
      return .lost(refusal?.message ?? words)
    }
  }

  private func send(_ statement: Statement) -> Bool {
    let texts = statement.parameters.map { $0.text.flatMap { strdup($0) } }
    defer { for text in texts { free(text) } }
    return texts.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
      PQsendQueryParams(handle, statement.sql, Int32(values.count), nil, values.baseAddress, nil, nil, 0) == 1
    }
  }

  private func collect(_ exchange: inout Exchange, isOpen: Bool) {
    while !exchange.isOver, PQisBusy(handle) == 0 {
      guard let result = PQgetResult(handle) else {
        // Between the results of two statements, or behind the last one that will ever come.
        if isOpen, PQstatus(handle) == CONNECTION_OK { continue }
        return
      }
      defer { PQclear(result) }
      switch PQresultStatus(result) {
      case PGRES_PIPELINE_SYNC: exchange.isOver = true
      case PGRES_PIPELINE_ABORTED: break
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK: exchange.answers.append(ResultTable(result))
      default:
        // Without a code it is libpq's own word for a connection that ended.
        guard exchange.refusal == nil, let refusal = Refusal(result) else { break }
        exchange.refusal = refusal
        exchange.refused = exchange.answers.count
      }
      if PQstatus(handle) != CONNECTION_OK { return }
    }
  }

  /// Ends what a refused statement has left open.
  private func undo(within span: Duration) {
    let status = PQtransactionStatus(handle)
    if status == PQTRANS_IDLE { return }
    guard status == PQTRANS_INERROR || status == PQTRANS_INTRANS, (try? ask([.rollback], within: span)) != nil else {
      isBroken = true
      return
    }
  }

  /// Gives the connection up in the middle of a transaction, which undoes it.
  func abandon(_ words: String) -> WireFailure { lost(words) }

  private func lost(_ words: String) -> WireFailure {
    isBroken = true
    return .lost(words)
  }

  /// Nil when the time is over first.
  private func wait(for events: Int16, until end: ContinuousClock.Instant) -> Int16? {
    while true {
      let left = end - ContinuousClock.now
      guard left > .zero else { return nil }
      var watched = pollfd(fd: PQsocket(handle), events: events, revents: 0)
      let count = poll(&watched, 1, Int32(clamping: left.components.seconds * 1000 + 1 + left.milliseconds))
      if count > 0 { return watched.revents }
      if count < 0, errno != EINTR { return Int16(POLLERR) }
    }
  }

  private static func words(of handle: OpaquePointer) -> String {
    let words = String(cString: PQerrorMessage(handle)).split(separator: "\n")
      .filter { !$0.hasPrefix("LOCATION:") }.joined(separator: "; ")
    return words.isEmpty ? "the connection ended" : words
  }
}

extension Duration {
  /// Beyond whole seconds.
  fileprivate var milliseconds: Int64 { components.attoseconds / 1_000_000_000_000_000 }
}

extension ResultTable {
  fileprivate init(_ result: OpaquePointer) {
    let columns = PQnfields(result)
    rows = (0..<PQntuples(result)).map { row in
      Row(
        values: (0..<columns).map { column in
          guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else { return nil }
          let bytes = UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(result, row, column)))
          return String(decoding: bytes, as: UTF8.self)
        })
    }
    affected = Int(String(cString: PQcmdTuples(result))) ?? 0
    command = String(cString: PQcmdStatus(result)).split(separator: " ").first.map(String.init) ?? ""
  }
}

extension Refusal {
  /// Nil where there is no code: then it is no server that speaks. Details are left out: they quote what was written.
  fileprivate init?(_ result: OpaquePointer) {
    func field(_ letter: Unicode.Scalar) -> String? {
      PQresultErrorField(result, Int32(letter.value)).map { String(cString: $0) }
    }
    guard let code = field("C") else { return nil }
    self.init(
      code: code, message: field("M") ?? "error \(code)", isFatal: ["FATAL", "PANIC"].contains(field("V") ?? ""))
  }
}
