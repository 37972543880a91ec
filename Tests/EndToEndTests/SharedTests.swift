import AftercareApp
import AftercareTesting
import Foundation
import RecoveryCore
import Reporting
import Testing

/// Several real daemons on one database, while machines of all their vaults fail over.
@Suite("Instances that share", .timeLimit(.minutes(10)), .serialized)
struct SharedTests {
  /// How long a lease lasts here.
  static let lease: Duration = .seconds(5)

  @Test("lose one to SIGKILL, one to a pause longer than its lease, and the database for a while: all is healed, once")
  func worstNight() async throws {
    try await Cluster.with(vaults: 6, machines: 10, lease: Self.lease) { cluster in
      var daemons = try (1...3).map { try cluster.start("\($0)") }
      defer { for daemon in daemons { kill(daemon.processIdentifier, SIGKILL) } }
      try await cluster.until { $0.instances?.map(\.vaults.count) == [2, 2, 2] && $0.items == 60 }
      try await cluster.region.post("failover", #"{"all": true}"#)

      try await cluster.untilWritten(6)
      let killed = try await cluster.vaults(of: daemons[0])
      #expect(killed.count == 2)
      let dead = try await cluster.databaseNow()
      kill(daemons[0].processIdentifier, SIGKILL)

      try await cluster.untilWritten(15)
      kill(daemons[1].processIdentifier, SIGSTOP)
      try await Task.sleep(for: Self.lease / 4)
      try await cluster.server.run("-m immediate restart")
      try await Task.sleep(for: Self.lease)
      kill(daemons[1].processIdentifier, SIGCONT)

      try await cluster.until { $0.counts == ["healed": 60] }
      let events = try await cluster.journal().events(after: 0, limit: 1_000_000)
      let waits = killed.compactMap { vault in
        events.first { $0.event.kind == .vaultTaken && $0.event.vault == vault && $0.event.at > dead }
          .map { ($0.event.at - dead).brief }
      }
      #expect(waits.count == killed.count)
      print("after SIGKILL its vaults were taken over within \(waits) by a lease of \(Self.lease.brief)")
      let untrue = try await cluster.untrue(events)
      #expect(untrue == [])
      for daemon in daemons.dropFirst() {
        daemon.terminate()
        await daemon.exited()
        #expect(daemon.terminationStatus == 0)
      }
      daemons = []
      #expect(try cluster.untold(events) == [])
      let errors = try ["2.log", "3.log"].map { try cluster.lines(of: $0) { $0.contains(" ERROR ") }.count }
      #expect(errors.allSatisfy { $0 < 40 }, "an outage is said, and not by every machine: \(errors)")
    }
  }

  @Test("are restarted one after the other during a wave: nothing waits for longer than a lease")
  func rollingRestart() async throws {
    try await Cluster.with(vaults: 6, machines: 5, lease: Self.lease) { cluster in
      var daemons = try (1...3).map { try cluster.start("\($0)") }
      defer { for daemon in daemons { kill(daemon.processIdentifier, SIGKILL) } }
      try await cluster.until { $0.instances?.map(\.vaults.count) == [2, 2, 2] && $0.items == 30 }
      try await cluster.region.post("failover", #"{"all": true}"#)
      try await cluster.untilWritten(3)
      for index in daemons.indices {
        daemons[index].terminate()
        await daemons[index].exited()
        #expect(daemons[index].terminationStatus == 0)
        daemons[index] = try cluster.start("\(index + 1)b")
        try await cluster.until { $0.instances?.map(\.vaults.count) == [2, 2, 2] }
      }
      try await cluster.until { $0.counts == ["healed": 30] }
      let events = try await cluster.journal().events(after: 0, limit: 1_000_000)
      let waits = Cluster.waits(in: events)
      #expect(waits.count >= 6, "each vault changed hands: \(waits.map(\.brief))")
      let longest = try #require(waits.max())
      print("of \(waits.count) hand-overs the longest took \(longest.brief), by a lease of \(Self.lease.brief)")
      #expect(longest < Self.lease)
      let untrue = try await cluster.untrue(events)
      #expect(untrue == [])
    }
  }
}
