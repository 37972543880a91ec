import AftercareTesting
import Logging
import RecoveryCore
import Testing

@testable import WatchEngine

@Suite("The desk of hints", .timeLimit(.minutes(10)))
struct HintDeskTests {
  static let other = Samples.id("/subscriptions/2/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/other")

  /// A desk over a fleet that knows one item, whose machine would land in subscription 3.
  struct Place {
    let time = ManualTime(now: Samples.start)
    let queue: WorkQueue
    let fleet: Fleet
    let desk: HintDesk
    let item = JournalSamples.item()

    init() async throws {
      let journal = MemoryJournal()
      let fence = try await journal.acquire(holder: "test", telling: [], at: Samples.start)
      fleet = Fleet(journal: journal, fence: fence, stream: EventStream()) {}
      queue = WorkQueue(limit: 4, time: time)
      desk = HintDesk(
        vaults: [Samples.vault, HintDeskTests.other], fleet: fleet, queue: queue, time: time,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      try await fleet.commit(JournalChange(item: item))
      _ = await fleet.news(in: [
        Samples.item { $0.recoveryResourceGroup = Samples.id("/subscriptions/3/resourceGroups/g") }
      ])
    }

    func meaning(_ hints: Hint...) async -> HintMeaning {
      await fleet.meaning(of: Set(hints), watching: [Samples.vault, HintDeskTests.other])
    }
  }

  @Test("finds the vault and the item that are meant, by whatever they are called")
  func known() async throws {
    let place = try await Place()
    let live = try #require(place.item.live?.id)
    for hint in [
      .resource(live), .resource(live.appending("extensions/AzureMonitorWindowsAgent")), .resource(place.item.itemID),
      .item(place.item.name.lowercased()), .item(place.item.key.text),
      .resource(Samples.id(live.text.uppercased().replacing("/SUBSCRIPTIONS", with: "/subscriptions"))),
    ] as [Hint] {
      let meaning = await place.meaning(hint)
      #expect(meaning.items == [place.item.key] && meaning.vaults == [Samples.vault], "\(hint)")
      #expect(meaning.counts == [.known: 1])
    }
    for id in [Self.other, Self.other.appending("replicationFabrics/f")] {
      let meaning = await place.meaning(.resource(id))
      #expect(meaning.items.isEmpty && meaning.vaults == [Self.other] && meaning.counts == [.known: 1])
    }
    #expect(await place.meaning(.everything).vaults == [Samples.vault, Self.other])
  }

  @Test("has everything looked at for what is new, and nothing for what is none of ours")
  func unknown() async throws {
    let place = try await Place()
    let machine = "resourceGroups/g/providers/Microsoft.Compute/virtualMachines/new"
    for hint in [
      .resource(Samples.id("/subscriptions/1111/\(machine)")), .resource(Samples.id("/subscriptions/2/\(machine)")),
      .resource(Samples.id("/subscriptions/3/\(machine)")), .item("new"),
      // Not below a vault whose name begins alike.
      .resource(Samples.id("\(Self.other)s")),
    ] as [Hint] {
      let meaning = await place.meaning(hint)
      #expect(meaning.items.isEmpty && meaning.vaults.count == 2 && meaning.counts == [.unknown: 1], "\(hint)")
    }
    let foreign = await place.meaning(.resource(Samples.id("/subscriptions/4/\(machine)")))
    #expect(foreign.vaults.isEmpty && foreign.counts == [.foreign: 1])
  }

  @Test("has an item looked at once at once, and once more after a pause, however often it is hinted at")
  func items() async throws {
    let place = try await Place()
    let key = place.item.key
    await place.queue.schedule(key, at: Samples.start + .seconds(900))
    func hint() async {
      for _ in 0..<1000 {
        place.desk.take([.item(place.item.name.lowercased())])
        await place.desk.follow()
      }
    }
    await hint()
    #expect(await place.queue.due == [key: Samples.start])
    #expect(await WorkQueueTests.handled(1, by: place.queue) == [key])
    await hint()
    #expect(await place.queue.due == [key: Samples.start + HintDesk.pause])
    place.time.advance(by: HintDesk.pause)
    #expect(await WorkQueueTests.handled(1, by: place.queue) == [key])
    await hint()
    #expect(await place.queue.due == [key: Samples.start + HintDesk.pause + HintDesk.pause])
    place.time.advance(by: HintDesk.pause * 3)
    #expect(await WorkQueueTests.handled(1, by: place.queue) == [key])
    await hint()
    #expect(await place.queue.due == [key: place.time.now])
  }

  @Test("keeps a bounded number of hints whatever comes, and then everything stands for them")
  func bounded() async throws {
    let place = try await Place()
    let machines = "/subscriptions/1111/resourceGroups/g/providers/Microsoft.Compute/virtualMachines"
    var most = 0
    for number in 0..<100_000 {
      place.desk.take([.resource(Samples.id("\(machines)/\(number)"))])
      most = max(most, place.desk.pending)
    }
    #expect(most == PendingHints.most && place.desk.pending == 1)
    await place.desk.follow()
    #expect(place.desk.pending == 0)
    #expect(place.desk.counts == [.merged: 99_999, .known: 1], "each hint is counted once")
    #expect(await place.queue.waiting == 0)
  }
}
