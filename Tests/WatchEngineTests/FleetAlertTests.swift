import AftercareTesting
import RecoveryCore
import Testing
import WatchEngine

@Suite("The alerts of a fleet")
struct FleetAlertTests {
  /// As the fleet names the one that begins with the samples.
  static let failover = "kv-dr-20260203T101500Z"

  /// A fleet that holds these items, and what it says of them a minute after the samples' start.
  static func said(of items: [ItemState]) async throws -> [Event] {
    let journal = MemoryJournal()
    let fence = try await journal.acquire(holder: "test", telling: [], at: JournalSamples.start)
    let fleet = Fleet(journal: journal, fence: fence, stream: EventStream()) {}
    for item in items { #expect(try await fleet.commit(JournalChange(item: item))) }
    try await fleet.alert([:], under: AlertPolicy(), at: JournalSamples.start + .seconds(60))
    return try await journal.events(after: 0, limit: 100).map(\.event)
  }

  /// An item that has failed over and is well since, on which something broke later.
  static func brokenSince() -> ItemState {
    var item = JournalSamples.item()
    item.failover?.id = failover
    item.failover?.isSettled = true
    item.said = ["unexplained.agent"]
    return item
  }

  @Test("Breakage that nothing explains is an alert on a machine that has failed over once, too")
  func afterFailover() async throws {
    let said = try await Self.said(of: [Self.brokenSince()])
    #expect(said.map(\.kind) == [.alertRaised])
    #expect(said.first?.fields["alert"] == "unexplained")
  }

  @Test("Machines of a failover are in its alert alone, and those that are well are counted in it")
  func duringFailover() async throws {
    var parked = JournalSamples.healingItem()
    parked.failover?.id = Self.failover
    parked.heal?.status = .parked("the role is missing")
    var well = JournalSamples.item(key: ItemKey("well"))
    well.failover?.id = Self.failover
    well.failover?.isSettled = true
    let said = try await Self.said(of: [parked, well])
    #expect(said.map(\.kind) == [.alertRaised])
    #expect(said.first?.fields["alert"] == "failover" && said.first?.level == .error)
    #expect(said.first?.fields["machines"] == "2")
  }
}
