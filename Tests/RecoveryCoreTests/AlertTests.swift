import AftercareTesting
import RecoveryCore
import Testing

@Suite("Alerts")
struct AlertTests {
  static let policy = AlertPolicy()

  /// Items of one failover, in a condition each.
  static func items(_ edits: [(inout ItemState) -> Void]) -> ItemStates {
    ItemStates(
      edits.enumerated().map { index, edit in
        var item = JournalSamples.item(key: ItemKey("item-\(index)"))
        item.name = "erp-web-0\(index + 1)"
        item.failover?.id = "kv-dr-1"
        edit(&item)
        return item
      })
  }

  static func healing(_ item: inout ItemState) { item.heal = JournalSamples.heal() }
  static func parked(_ item: inout ItemState) {
    item.heal = JournalSamples.heal()
    item.heal?.status = .parked("the role is missing")
  }
  static func healed(_ item: inout ItemState) {
    item.heal = JournalSamples.heal()
    item.heal?.status = .healed
    item.failover?.isSettled = true
  }

  static func update(_ book: inout AlertBook, _ items: ItemStates, after seconds: Int64) -> [Event] {
    let now = JournalSamples.start + .seconds(seconds)
    let outlook = Outlook(failovers: items.isEmpty ? [:] : ["kv-dr-1": items])
    return book.update(outlook.alerts(under: policy, at: now), policy: policy, at: now)
  }

  @Test("One failover is one alert: said when its machines have gathered, followed, and its end is said")
  func failover() throws {
    var book = AlertBook()
    #expect(Self.update(&book, Self.items([Self.healing]), after: 1).isEmpty, "its machines still gather")
    let raised = Self.update(&book, Self.items([Self.healing, Self.healing, Self.healing]), after: 31)
    #expect(raised.map(\.kind) == [.alertRaised])
    #expect(raised.first?.level == .notice, "nobody is needed")
    #expect(raised.first?.fields["conditions"] == "3 healing")
    #expect(Self.update(&book, Self.items([Self.healed, Self.healing, Self.healing]), after: 60).isEmpty)
    let goes = Self.update(&book, Self.items([Self.healed, Self.healed, Self.healing]), after: 340)
    #expect(goes.map(\.kind) == [.alertRepeated], "a change is said once the interval is over")
    let end = Self.update(&book, Self.items([Self.healed, Self.healed, Self.healed]), after: 345)
    #expect(end.map(\.kind) == [.alertResolved])
    #expect(end.first?.level == .notice)
    #expect(end.first?.fields["conditions"] == "3 healed")
    #expect(book.standing.isEmpty)
  }

  @Test("A machine that needs a person makes it an error at once, by name and with a remedy; a hundred are one line")
  func worse() throws {
    var book = AlertBook()
    _ = Self.update(&book, Self.items([Self.healing, Self.healing]), after: 31)
    let worse = Self.update(&book, Self.items([Self.healing, Self.parked]), after: 32)
    #expect(worse.map(\.kind) == [.alertRaised])
    #expect(worse.first?.level == .error)
    #expect(worse.first?.fields["names"] == "erp-web-02")
    #expect(worse.first?.fields["cause"] == "erp-web-02: the role is missing")
    #expect(worse.first?.fields["remedy"]?.contains("aftercare retry") == true)
    let hundred = Self.items(Array(repeating: Self.parked, count: 100))
    #expect(Self.update(&book, hundred, after: 40).isEmpty, "more of the same waits")
    let more = Self.update(&book, hundred, after: 333)
    #expect(more.map(\.kind) == [.alertRepeated])
    #expect(more.first?.fields["names"]?.split(separator: ",").count == Alert.mostNames)
    #expect(Self.update(&book, hundred, after: 400).isEmpty)
    #expect(Self.update(&book, hundred, after: 333 + 4 * 3600).map(\.kind) == [.alertRepeated], "it is not forgotten")
  }

  @Test("What was told to nobody ends without a word; what comes back is new")
  func short() {
    var book = AlertBook()
    #expect(Self.update(&book, Self.items([Self.healing]), after: 1).isEmpty)
    #expect(Self.update(&book, Self.items([Self.healed]), after: 2).isEmpty)
    #expect(Self.update(&book, Self.items([Self.parked]), after: 3).map(\.kind) == [.alertRaised])
    #expect(Self.update(&book, [], after: 4).map(\.kind) == [.alertResolved], "it was forgotten with its item")
    #expect(Self.update(&book, Self.items([Self.parked]), after: 5).map(\.kind) == [.alertRaised])
  }

  @Test("A book that comes from the journal says nothing twice")
  func restart() {
    var book = AlertBook()
    _ = Self.update(&book, Self.items([Self.parked]), after: 1)
    var again = AlertBook(book.standing)
    #expect(Self.update(&again, Self.items([Self.parked]), after: 2).isEmpty)
  }

  @Test("Brakes, a vault that stays unreadable, and breakage that nothing explains each have their alert")
  func others() {
    var item = JournalSamples.item()
    item.failover = nil
    item.said = ["unexplained.agent"]
    var brakes = Brakes()
    brakes.pause = .init(reason: "change freeze", since: JournalSamples.start)
    let fault = Fault(.unreachable, code: "ConnectionReset", message: "reset", resource: Samples.vault.text)
    let outlook = Outlook(
      others: [item], brakes: brakes,
      unreadable: [Samples.vault: .init(fault: fault, since: JournalSamples.start)])
    let soon = outlook.alerts(under: Self.policy, at: JournalSamples.start + .seconds(60))
    #expect(Set(soon.map(\.name)) == [.unexplained, .brake], "a vault that was just lost is a warning of its own")
    let late = outlook.alerts(under: Self.policy, at: JournalSamples.start + .seconds(16 * 60))
    #expect(late.first { $0.name == .vault }?.level == .error)
    #expect(late.allSatisfy { !$0.remedy.isEmpty })
  }

  @Test("Items of a vault that move together go through one failover; the way back is another one")
  func groups() {
    var fleet = FleetSummary()
    let start = JournalSamples.start
    let first = fleet.failover(of: Samples.vault, after: nil, at: start)
    #expect(first == "kv-dr-20260203T101500Z")
    var item = JournalSamples.item()
    item.failover = nil
    item.transition = Transition(candidate: nil, since: start, failoverID: first)
    fleet.update(item.key, item)
    #expect(fleet.failover(of: Samples.vault, after: nil, at: start + .seconds(29 * 60)) == first)
    #expect(fleet.failover(of: Samples.vault, after: first, at: start + .seconds(600)) != first, "it was through it")
    #expect(
      fleet.failover(of: Samples.vault, after: nil, at: start + .seconds(31 * 60)) != first, "that is another day")
    var other = JournalSamples.item(key: ItemKey("other"))
    other.failover = nil
    other.transition = Transition(candidate: nil, since: start + .seconds(1), failoverID: "kv-dr-20260203T101501Z")
    var stayed = JournalSamples.item(key: ItemKey("stayed"))
    stayed.failover?.id = "kv-dr-20260101T000000Z"
    var moving = stayed
    moving.transition = Transition(candidate: nil, since: start, failoverID: first)
    #expect(fleet.admits(moving, after: stayed))
    #expect(fleet.admits(stayed, after: moving), "a failover that did not come about leaves the one before")
    #expect(!fleet.admits(other, after: nil), "two that begin at one moment do not begin two failovers")
  }
}
