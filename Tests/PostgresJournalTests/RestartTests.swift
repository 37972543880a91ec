import AftercareTesting
import Foundation
import RecoveryCore
import Testing

@testable import PostgresJournal

/// A server that no other test uses, with a standby. One test has it, and waits for each call before the next one, so that
/// nothing of it is used from two threads at once.
private final class OwnServer: @unchecked Sendable {
  let url: String
  let replica: String
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()

  /// Waits on a thread of its own: the pool has as many as there are processors, and others run on it.
  static func start() async throws -> OwnServer { try await waiting { try OwnServer() } }

  private static func waiting<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { done in
      Thread.detachNewThread { done.resume(with: Result { try body() }) }
    }
  }

  private init() throws {
    let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "script/postgres")
    process.executableURL = script
    process.arguments = [
      "run", "--replica", "bash", "-c",
      """
      echo "$AFTERCARE_POSTGRES"; echo "$AFTERCARE_POSTGRES_REPLICA"
      while read -r word && [ "$word" != end ]; do $AFTERCARE_POSTGRES_CTL $word >/dev/null 2>&1 </dev/null; echo "$word"; done
      """,
    ]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    url = try OwnServer.line(output)
    replica = try OwnServer.line(output)
  }

  func run(_ word: String) async throws {
    try await OwnServer.waiting { [self] in
      try input.fileHandleForWriting.write(contentsOf: Data("\(word)\n".utf8))
      _ = try OwnServer.line(output)
    }
  }

  /// The server stops by itself then. It is told so by a word: the end of the pipe comes only when every process has
  /// ended that was started meanwhile and has it too.
  func close() {
    try? input.fileHandleForWriting.write(contentsOf: Data("end\n".utf8))
    try? input.fileHandleForWriting.close()
  }

  private static func line(_ output: Pipe) throws -> String {
    var bytes: [UInt8] = []
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    throw Server.Missing()
  }
}

@Suite("A server that goes away", .serialized)
struct RestartTests {
  /// More than there is time for.
  static let mostCommits: Int64 = 100_000

  @Test("and comes back has each event once: what failed was not written, what was not known was found out")
  func restarts() async throws {
    _ = try Server.url()
    let server = try await OwnServer.start()
    defer { server.close() }
    let database = try PostgresDatabase(
      PostgresDatabase.Configuration(url: server.url, leaseSpan: .seconds(3600)), access: .readWrite)
    let journal = database.journal(of: Samples.vault)
    let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
    let failures = Guarded<[JournalError]>([])
    let isEnough = Guarded(false)
    let taken = Guarded(0)
    let writing = Task {
      var recorded: [RecordedEvent] = []
      while !isEnough.withLock({ $0 }), recorded.count < Self.mostCommits {
        let change = JournalChange(events: [JournalSamples.event(.stepStarted, after: Int64(recorded.count))])
        while true {
          do throws(JournalError) {
            recorded += try await journal.commit(change, fence: fence)
            taken.withLock { $0 += 1 }
            break
          } catch {
            failures.withLock { $0.append(error) }
          }
        }
      }
      return recorded
    }
    for mode in ["fast", "immediate", "fast"] {
      let before = taken.withLock { $0 }
      while taken.withLock({ $0 }) == before { await Task.yield() }
      try await server.run("-m \(mode) restart")
    }
    isEnough.withLock { $0 = true }
    let recorded = await writing.value
    #expect(recorded.map(\.sequence) == recorded.indices.map { Int64($0 + 1) })
    let kept = try await journal.events(after: 0, limit: recorded.count + 100)
    #expect(kept == recorded, "\(kept.count) events, and \(recorded.count) were taken")
    for error in failures.withLock({ $0 }) {
      #expect([.failed, .cannotOpen].contains(error.code), "\(error)")
      #expect(!error.message.contains(Server.password(of: server.url)))
    }
  }

  @Test("leaves a standby that can be read, takes no writes, and is passed over for the primary")
  func standby() async throws {
    _ = try Server.url()
    let server = try await OwnServer.start()
    defer { server.close() }
    func database(_ url: String, _ access: PostgresDatabase.Access) throws -> PostgresDatabase {
      try PostgresDatabase(.init(url: url, sealSecret: "a secret", leaseSpan: .zero), access: access)
    }
    let primary = try database(server.url, .readWrite)
    try await JournalContract.tellStory(primary.journal(of: Samples.vault))
    let standby = try RawSQL(url: server.replica)
    let place = try await RawSQL(url: server.url).text("SELECT pg_current_wal_lsn()")
    while try await standby.text("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", .text(place)) != "t" {
      await Task.yield()
    }
    let reading = try database(server.replica, .readOnly)
    #expect(try await reading.journal.load().items.count == 1)
    let writing = try database(server.replica, .readWrite)
    let error = await journalError {
      _ = try await writing.journal(of: Samples.vault).acquire(holder: "two", at: JournalSamples.start)
    }
    #expect(error?.code == .readOnly && error?.message.contains("Name the primary") == true)
    let ports = [server.replica, server.url].compactMap { URLComponents(string: $0)?.port }
    let both = server.url.replacing("@127.0.0.1:\(ports[1])", with: "@127.0.0.1:\(ports[0]),127.0.0.1:\(ports[1])")
    let either = try database(both, .readWrite)
    try await JournalContract.checkStory(either.journal(of: Samples.vault))
  }
}
