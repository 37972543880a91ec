import Synchronization
import Testing

@testable import AftercareApp

@Suite("Work side by side")
struct SideBySideTests {
  private final class Floor: Sendable {
    private let state = Mutex((now: 0, most: 0))
    var most: Int { state.withLock { $0.most } }

    func enter() {
      state.withLock { state in
        state.now += 1
        state.most = max(state.most, state.now)
      }
    }

    func leave() { state.withLock { $0.now -= 1 } }
  }

  @Test("is bounded, and gives the values in the order of the elements", arguments: [1, 3, 32])
  func bounded(limit: Int) async {
    let floor = Floor()
    let values = await Array(0..<100).sideBySide(limit) { number in
      floor.enter()
      for _ in 0..<(number % 7) { await Task.yield() }
      floor.leave()
      return number * 2
    }
    #expect(values == (0..<100).map { $0 * 2 })
    #expect(floor.most <= limit && floor.most > 0)
    #expect(await [Int]().sideBySide(limit) { $0 } == [])
  }
}
