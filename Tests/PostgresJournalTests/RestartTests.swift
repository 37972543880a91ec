import AftercareTesting
import Foundation
import RecoveryCore
import Testing

@testable import PostgresJournal

@Suite("A server that goes away", .serialized)
struct RestartTests {
  /// More than there is time for.
  static let mostCommits: Int64 = 100_000

  @Test("and comes back has each event once: what failed was not written, what was not known was found out")
  func restarts() async throws {
    _ = try Server.url()
    let server = try await DatabaseServer.start(with: ["--replica"])
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
    let server = try await DatabaseServer.start(with: ["--replica"])
    defer { server.close() }
    func database(_ url: String, _ access: PostgresDatabase.Access) throws -> PostgresDatabase {
      try PostgresDatabase(.init(url: url, sealSecret: "a secret", leaseSpan: .zero), access: access)
    }
    let primary = try database(server.url, .readWrite)
    try await JournalContract.tellStory(primary.journal(of: Samples.vault))
    let standby = try RawSQL(url: try #require(server.replica))
    let place = try await RawSQL(url: server.url).text("SELECT pg_current_wal_lsn()")
    while try await standby.text("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", .text(place)) != "t" {
      await Task.yield()
    }
    let reading = try database(try #require(server.replica), .readOnly)
    #expect(try await reading.journal.load().items.count == 1)
    let writing = try database(try #require(server.replica), .readWrite)
    let error = await journalError {
      _ = try await writing.journal(of: Samples.vault).acquire(holder: "two", at: JournalSamples.start)
    }
    #expect(error?.code == .readOnly && error?.message.contains("Name the primary") == true)
    let ports = [try #require(server.replica), server.url].compactMap { URLComponents(string: $0)?.port }
    let both = server.url.replacing("@127.0.0.1:\(ports[1])", with: "@127.0.0.1:\(ports[0]),127.0.0.1:\(ports[1])")
    let either = try database(both, .readWrite)
    try await JournalContract.checkStory(either.journal(of: Samples.vault))
  }
}
