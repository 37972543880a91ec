import CurlTransport
import HTTPTypes
import RecoveryCore
import Testing

@testable import AzureCloud

@Suite("The request budget")
struct RequestBudgetTests {
  private func taken(
    _ budget: inout RequestBudget, with urgency: Urgency = .takenApart, at now: Duration = .zero
  ) -> Int {
    var count = 0
    while count < 10_000, budget.take(.reads, of: "s", with: urgency, at: now) == .now { count += 1 }
    return count
  }

  @Test("is ARM's: 250 reads at once, and 25 more each second")
  func burst() {
    var budget = RequestBudget()
    #expect(taken(&budget) == 250)
    #expect(budget.take(.reads, of: "s", with: .takenApart, at: .zero) == .notWithin(.milliseconds(40)))
    #expect(taken(&budget, at: .seconds(2)) == 50)
    #expect(taken(&budget, at: .seconds(3600)) == 250, "no more than the bucket holds")
  }

  @Test("gives those that wait their turns in advance, one after the other, and never more than ARM does")
  func turns() {
    var budget = RequestBudget()
    _ = taken(&budget)
    /// In milliseconds.
    func wait(_ urgency: Urgency, at now: Duration = .zero) -> Int? {
      guard case .after(let wait) = budget.take(.reads, of: "s", with: urgency, patience: .seconds(10), at: now)
      else { return nil }
      return Int((wait / .milliseconds(1)).rounded())
    }
    #expect((1...50).map { _ in wait(.takenApart) } == (1...50).map { 40 * $0 })
    #expect(wait(.started) == 40 * 76, "it leaves a tenth, and has its turn all the same")
    #expect(wait(.takenApart, at: .seconds(1)) == 40 * 27, "25 have come meanwhile")
    #expect(budget.report(at: .seconds(1)).map(\.left) == [0])
    let promised = 52
    #expect(taken(&budget, at: .seconds(10)) == 250 - promised)
    #expect(taken(&budget, at: .seconds(11)) == 25)
  }

  @Test("promises nothing to who would wait for longer than he has patience")
  func impatient() {
    var budget = RequestBudget()
    _ = taken(&budget)
    for _ in 0..<3 {
      let turn = budget.take(.reads, of: "s", with: .started, patience: .seconds(1), at: .zero)
      guard case .notWithin = turn else { return #expect(Bool(false), "\(turn)") }
    }
    let turn = budget.take(.reads, of: "s", with: .takenApart, patience: .seconds(1), at: .zero)
    #expect(turn == .after(.milliseconds(40)))
  }

  @Test("tells each idle look that it puts off a time of its own, at which it has its turn", arguments: [false, true])
  func idle(isShut: Bool) {
    var budget = RequestBudget()
    if isShut { budget.shut(.reads, of: "s", for: .seconds(60), at: .zero) } else { _ = taken(&budget) }
    /// In milliseconds.
    func wait(at now: Duration) -> Int? {
      guard case .notWithin(let wait) = budget.take(.reads, of: "s", with: .idle, at: now) else { return nil }
      return Int((wait / .milliseconds(1)).rounded())
    }
    let times = (0..<1000).compactMap { _ in wait(at: .zero) }
    // While it is shut it fills up to its burst; empty, it fills up to what is left to others first.
    #expect(times == (0..<1000).map { (isShut ? 60_000 : 101 * 40) + 40 * $0 })
    #expect(times.allSatisfy { wait(at: .milliseconds($0)) == nil }, "then it has its turn")
    _ = taken(&budget, at: .seconds(200))
    #expect(wait(at: .seconds(200)) == 101 * 40, "nobody waits for those who have come")
  }

  /// 500 looks of two reads each, all due at once: how many were put off in their middle, and when the last one ended.
  private func looks(asking second: Urgency) -> (wasted: Int, ended: Duration) {
    var budget = RequestBudget()
    var due = (0..<500).map { Duration.milliseconds($0) }
    var (wasted, ended) = (0, Duration.zero)
    while let next = due.min(), next < .seconds(600), let place = due.firstIndex(of: next) {
      due.remove(at: place)
      if case .notWithin(let wait) = budget.take(.reads, of: "s", with: .idle, at: next) {
        due.append(next + wait)
        continue
      }
      let patience: Duration = second == .idle ? .zero : .seconds(10)
      switch budget.take(.reads, of: "s", with: second, patience: patience, at: next) {
      case .now: ended = max(ended, next)
      case .after(let wait): ended = max(ended, next + wait)
      case .notWithin(let wait):
        wasted += 1
        due.append(next + wait)
      }
    }
    return (wasted, due.isEmpty ? ended : .seconds(3600))
  }

  @Test("lets looks that have begun come to their end")
  func begun() {
    let begun = looks(asking: Urgency.idle.onceBegun)
    #expect(begun.wasted == 0)
    // 1,000 reads without the 250 of the beginning, and the times at which nobody came for one.
    #expect(begun.ended < .seconds(60), "\(begun.ended)")
    let idle = looks(asking: .idle)
    #expect(idle.wasted > 100, "\(idle.wasted) reads would be made for nothing")
  }

  @Test("keeps subscriptions and classes apart")
  func apart() {
    var budget = RequestBudget()
    _ = taken(&budget)
    #expect(budget.take(.reads, of: "another", with: .takenApart, at: .zero) == .now)
    #expect(budget.take(.writes, of: "s", with: .takenApart, at: .zero) == .now)
  }

  @Test("leaves a part of the reads to machines that are being healed")
  func reserve() {
    var budget = RequestBudget()
    #expect(taken(&budget, with: .idle) == 150)
    #expect(taken(&budget, with: .moving) == 75)
    #expect(taken(&budget, with: .started) == 0)
    #expect(taken(&budget, with: .takenApart) == 25)
  }

  @Test("lets everybody have something of however little there is", arguments: [Urgency.takenApart, .started, .idle])
  func little(urgency: Urgency) {
    var limits = RequestBudget.Limits()
    limits.reads = RequestBudget.Limit(burst: 1, perSecond: 1)
    var budget = RequestBudget(limits: limits)
    #expect(taken(&budget, with: urgency) == 1)
  }

  @Test("reserves a share of what Azure has, not of what it was told Azure has")
  func reserveOfTheReal() {
    var limits = RequestBudget.Limits()
    limits.reads = RequestBudget.Limit(burst: 100_000, perSecond: 10_000)
    var budget = RequestBudget(limits: limits)
    budget.learn(249, .reads, of: "s", at: .zero)
    #expect(taken(&budget, with: .idle) == 149)
  }

  @Test("learns from the answers what is left when others spend too")
  func remaining() {
    var budget = RequestBudget()
    budget.learn(3, .reads, of: "s", at: .zero)
    #expect(taken(&budget) == 3)
    budget.learn(11_999, .reads, of: "s", at: .zero)
    #expect(taken(&budget) == 0, "an answer gives nothing that we have spent ourselves")
  }

  @Test("obeys any Retry-After, however long")
  func shut() {
    var budget = RequestBudget()
    budget.shut(.reads, of: "s", for: .seconds(1200), at: .seconds(5))
    #expect(budget.take(.reads, of: "s", with: .takenApart, at: .seconds(6)) == .notWithin(.seconds(1199)))
    #expect(budget.report(at: .seconds(6)).first?.shutForSeconds == 1199)
    budget.shut(.reads, of: "s", for: .seconds(10), at: .seconds(6))
    #expect(
      budget.take(.reads, of: "s", with: .takenApart, at: .seconds(1204)) != .now, "a shorter one changes nothing")
    #expect(budget.isShut(.reads, of: "s", at: .seconds(1204)))
    #expect(!budget.isShut(.reads, of: "s", at: .seconds(1205)))
    #expect(budget.take(.reads, of: "s", with: .takenApart, at: .seconds(1205)) == .now)
  }

  @Test("says what was put off, once")
  func report() {
    var budget = RequestBudget()
    _ = taken(&budget)
    for _ in 0..<3 { _ = budget.take(.reads, of: "s", with: .idle, at: .zero) }
    let first = budget.report(at: .zero)
    #expect(first.map(\.putOff) == [4])
    #expect(first.map(\.left) == [0])
    #expect(budget.report(at: .zero).map(\.putOff) == [0])
  }

  @Test(
    "is found in the URL, whatever its case",
    arguments: [
      ("https://management.azure.com/subscriptions/AB-c/providers/x?y=1", "ab-c"),
      ("https://management.azure.com/Subscriptions/ab-C", "ab-c"),
      ("https://management.azure.com/providers/x?u=/subscriptions/z", "tenant"),
      ("https://management.azure.com/subscriptions", "tenant"),
    ])
  func subscription(url: String, expected: String) {
    #expect(BudgetKeeper.subscription(in: url) == expected)
  }
}
