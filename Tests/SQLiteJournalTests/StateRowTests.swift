import AftercareTesting
import FoundationEssentials
import JSONReading
import RecoveryCore
import Testing

@testable import JournalFormat

/// Foundation's decoder is the reference: what the quick way reads is what it reads, and the quick way reads all that is
/// written today.
@Suite("The row of a state")
struct StateRowTests {
  /// Everything that a state can hold beside its heal, which has a row of its own.
  private static func full() -> ItemState {
    var item = JournalSamples.item()
    item.transition = Transition(
      candidate: Samples.recovered, since: JournalSamples.start, failoverID: "kv-1",
      succeededBefore: JournalSamples.start)
    item.transition?.firstConfirmed = JournalSamples.start
    item.failover?.id = "kv-20260101T000000Z"
    item.failover?.isSettled = true
    item.testMachine = Samples.source
    item.held = Held(reason: .heldByPause, since: JournalSamples.start)
    item.approved = JournalSamples.start
    item.healedAt = [JournalSamples.start, JournalSamples.start + .seconds(1)]
    item.legs = [
      LegVerdict(.machine, .healthy, "running"),
      LegVerdict(.extension(.azureMonitorLinuxAgent), .stuck, "\"mute\" \u{1F600}"),
      LegVerdict(.association("dcr"), .wrong, "another", resourceName: "dcr", lastHeartbeat: JournalSamples.start),
    ]
    item.lastAssociationsLook = JournalSamples.start
    item.hasSoughtSource = true
    item.said = ["failover", "held"]
    item.failedReads = 3
    item.isListed = false
    return item
  }

  private static func bare() -> ItemState {
    var item = ItemState(key: ItemKey("item:x"), item: Samples.failedOverItem(), at: JournalSamples.start)
    item.lifecycleID = nil
    item.location = nil
    return item
  }

  private static func read(_ bytes: [UInt8], _ repeated: RepeatedParts = RepeatedParts()) -> ItemState? {
    (try? JSONDocument(parsing: bytes)).flatMap { ItemState(row: $0, sharing: repeated) }
  }

  @Test("is read the quick way, whatever the state holds", arguments: [full(), bare(), JournalSamples.item()])
  func whole(item: ItemState) throws {
    let row = Array(try JournalJSON.encode(item).utf8)
    #expect(StateRowTests.read(row) == item)
    #expect(try JSONDecoder().decode(ItemState.self, from: Data(row)) == item)
  }

  @Test("is tried with everything that a state and its failover can hold")
  func everything() throws {
    let item = StateRowTests.full()
    let failover = try #require(item.failover)
    for child in Array(Mirror(reflecting: item).children) + Array(Mirror(reflecting: failover).children)
    where child.label != "heal" {
      let value = Mirror(reflecting: child.value)
      let canBeEmpty = [.optional, .collection, .set].contains(value.displayStyle)
      #expect(!canBeEmpty || !value.children.isEmpty, "give the state of this suite a \(child.label ?? "?")")
    }
  }

  @Test("in another order than it is written in is left to the other way, and is none the less the same")
  func unsorted() throws {
    let item = StateRowTests.full()
    let row = try JournalJSON.encode(item)
    let moved = row.replacing(#"{"activeLocation":"\#(item.activeLocation)","#, with: "{")
      .replacing(#","check":"#, with: #","activeLocation":"\#(item.activeLocation)","check":"#)
    #expect(moved != row && moved.utf8.count == row.utf8.count)
    let document = try JSONDocument(parsing: Array(moved.utf8))
    #expect(ItemState(row: document, sharing: RepeatedParts()) == nil)
    #expect(try document.decode(ItemState.self) == item)
  }

  @Test("with a member that is not known to the quick way is left to the other")
  func unknown() throws {
    let row = try JournalJSON.encode(StateRowTests.full())
    for (old, new) in [
      ("{", #"{"more":1,"#), (#""isSettled""#, #""more":1,"isSettled""#), (#""vmID""#, #""vmid""#),
      (#""testMachine":"/"#, #""testMachine":""#),
    ] {
      let changed = row.replacing(old, with: new, maxReplacements: 1)
      #expect(changed != row)
      #expect(StateRowTests.read(Array(changed.utf8)) == nil)
    }
  }

  @Test("is as Foundation reads it after any byte of it was changed, or left to it", arguments: 1...30)
  func changed(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let whole = Array(try encoder.encode(StateRowTests.full()))
    let repeated = RepeatedParts()
    _ = StateRowTests.read(whole, repeated)
    var read = 0
    for _ in 0..<100 {
      var bytes = whole
      bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0x20...0x7E, using: &random)
      guard let ours = StateRowTests.read(bytes, repeated) else { continue }
      read += 1
      let reference = try JSONDecoder().decode(ItemState.self, from: Data(bytes))
      #expect(ours == reference, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(read > 0)
  }

  @Test("shares with others what they have in common")
  func shared() throws {
    let repeated = RepeatedParts()
    let items = try (1...2).map { number in
      var item = StateRowTests.full()
      item.name = "machine-\(number)"
      return try #require(StateRowTests.read(Array(try JournalJSON.encode(item).utf8), repeated))
    }
    func place(_ item: ItemState) -> Int {
      item.legs.withUnsafeBufferPointer { legs in Int(bitPattern: legs.baseAddress) }
    }
    #expect(items.map(\.name) == ["machine-1", "machine-2"])
    #expect(place(items[0]) == place(items[1]))
  }
}
