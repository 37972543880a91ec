import AftercareTesting
import Logging
import RecoveryCore
import Testing

@testable import WatchEngine

/// Instances in one process, on a database in memory, with clouds that may be cut off. Time is the host's; leases are
/// short.
@Suite("A watch that shares", .timeLimit(.minutes(2)))
struct SharedWatchTests {
  static let span: Duration = .milliseconds(500)
  static let vaults = (1...4).map { number in
    Samples.id("/subscriptions/1111/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/kv-\(number)")
  }

  /// One instance, and what may befall it.
  final class Host: Sendable {
    let watch: SharedWatch
    let canReadAzure = Guarded(true)
    /// Whether Azure gives no answer to who asks whether it can be read.
    let isSwallowed = Guarded(false)
    let leases: FailingLeases

    init(_ name: String, on database: MemoryDatabase) {
      let logger = Logger(label: name) { _ in SwiftLogNoOpLogHandler() }
      leases = FailingLeases(base: database.leases)
      let instance = Instance(
        id: InstanceID(name), host: name, version: "test", started: Timestamp(milliseconds: 0))
      var settings = EngineSettings(vaults: SharedWatchTests.vaults)
      settings.items = .milliseconds(50)
      settings.itemsMoving = .milliseconds(50)
      let (settled, events, time, canRead) = (settings, EventStream(), SharedTime(), canReadAzure)
      let isSwallowed = isSwallowed
      var empty = EmptyCloud()
      empty.isCutOff = { !canRead.withLock { $0 } }
      let cloud = empty
      watch = SharedWatch(
        vaults: SharedWatchTests.vaults, instance: instance, leases: leases, span: SharedWatchTests.span,
        settings: settled, lateAfter: .milliseconds(300), events: events, time: time,
        uptime: { ContinuousClock.now - SharedWatchTests.begin }, logger: logger,
        canRead: { _ in
          while isSwallowed.withLock({ $0 }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(10)) }
          return canRead.withLock { $0 }
        }
      ) { vault, tenure in
        var settings = settled
        settings.vaults = [vault]
        return try await Watch(
          cloud: cloud.acting(while: tenure), journal: database.journal(of: vault), sinks: [],
          decider: Decider(policy: Policy(), requirements: Requirements(profiles: [])), settings: settings,
          holder: name, instance: instance, events: events, time: time, logger: logger)
      }
    }
  }

  static let begin = ContinuousClock.now

  /// Leases that cannot be asked for while their place is away.
  final class FailingLeases: Leases {
    let base: any Leases
    let isAway = Guarded(false)

    init(base: any Leases) { self.base = base }

    private func check() throws(JournalError) {
      if isAway.withLock({ $0 }) { throw JournalError(.cannotOpen, "the database cannot be reached") }
    }

    func beat(
      _ instance: Instance, renewing held: [ResourceID: Fence], wanting vaults: Set<ResourceID>, for span: Duration
    ) async throws(JournalError) -> LeasePicture {
      try check()
      return try await base.beat(instance, renewing: held, wanting: vaults, for: span)
    }

    func release(_ vault: ResourceID, fence: Fence) async throws(JournalError) {
      try check()
      try await base.release(vault, fence: fence)
    }

    func leave(_ instance: InstanceID) async throws(JournalError) {
      try check()
      try await base.leave(instance)
    }

    func picture() async throws(JournalError) -> LeasePicture {
      try check()
      return try await base.picture()
    }
  }

  /// Runs instances until `body` is over.
  static func with(
    _ count: Int, _ body: @escaping @Sendable (MemoryDatabase, [Host]) async throws -> Void
  ) async throws {
    let database = MemoryDatabase(span: span) { SystemTime().now }
    let hosts = (1...count).map { Host("host-\($0)", on: database) }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for host in hosts {
        group.addTask {
          try await host.watch.run()
          return false
        }
      }
      group.addTask {
        try await body(database, hosts)
        return true
      }
      while let isBody = try await group.next(), !isBody {}
      group.cancelAll()
      try await group.waitForAll()
    }
    let left = try await database.leases.picture()
    #expect(left.leases.allSatisfy { !$0.isHeld } && left.instances.isEmpty, "everything was handed over: \(left)")
  }

  static func until(_ isSo: () async -> Bool) async throws {
    while await !isSo() { try await Task.sleep(for: .milliseconds(10)) }
  }

  static func share(_ hosts: [Host]) -> [Int] { hosts.map(\.watch.vaults.count) }

  @Test("shares evenly, and hands over what it has at its end")
  func even() async throws {
    try await Self.with(2) { _, hosts in
      try await Self.until { Self.share(hosts) == [2, 2] }
      #expect(Set(hosts.flatMap(\.watch.vaults)) == Set(Self.vaults))
    }
  }

  @Test("that waits for Azure is heard of all the same")
  func swallowed() async throws {
    try await Self.with(2) { _, hosts in
      try await Self.until { Self.share(hosts) == [2, 2] }
      hosts[0].isSwallowed.withLock { $0 = true }
      hosts[0].canReadAzure.withLock { $0 = false }
      try await Self.until { Self.share(hosts) == [0, 4] }
      try await Task.sleep(for: Self.span * 4)
      // Now or a little later: where the machine is busy any one of them may be late. One that is not heard of stays so.
      try await Self.until { await hosts[1].watch.sharing()?.picture?.instances.count(where: \.isAlive) == 2 }
      hosts[0].canReadAzure.withLock { $0 = true }
      hosts[0].isSwallowed.withLock { $0 = false }
      try await Self.until { Self.share(hosts) == [2, 2] }
    }
  }

  @Test("that can read nothing in Azure leaves its vaults to one that can, and has its share again when it can read")
  func blind() async throws {
    try await Self.with(2) { _, hosts in
      try await Self.until { Self.share(hosts) == [2, 2] }
      hosts[0].canReadAzure.withLock { $0 = false }
      try await Self.until { Self.share(hosts) == [0, 4] }
      hosts[1].canReadAzure.withLock { $0 = false }
      // Nobody is better: they share as if all could.
      try await Self.until { Self.share(hosts) == [2, 2] }
      hosts[0].canReadAzure.withLock { $0 = true }
      hosts[1].canReadAzure.withLock { $0 = true }
      try await Self.until { Self.share(hosts) == [2, 2] }
    }
  }

  @Test("goes on watching what it has while the database is away, says since when, and tells of it afterwards")
  func away() async throws {
    try await Self.with(1) { database, hosts in
      try await Self.until { Self.share(hosts) == [4] }
      hosts[0].leases.isAway.withLock { $0 = true }
      try await Self.until { await hosts[0].watch.sharing()?.away != nil }
      // For longer than a lease.
      try await Task.sleep(for: Self.span * 2)
      #expect(Self.share(hosts) == [4], "nobody else has taken them")
      hosts[0].leases.isAway.withLock { $0 = false }
      try await Self.until { await hosts[0].watch.sharing()?.away == nil }
      #expect(Self.share(hosts) == [4])
      func returns() async -> Int {
        var count = 0
        for vault in Self.vaults {
          let events = (try? await database.journal(of: vault).events(about: nil, last: 1000)) ?? []
          count += events.count { $0.event.kind == .journalReturned }
        }
        return count
      }
      try await Self.until { await returns() == 1 }
    }
  }
}
