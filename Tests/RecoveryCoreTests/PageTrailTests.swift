import RecoveryCore
import Testing

@Suite("A trail of pages")
struct PageTrailTests {
  /// Steps until the trail ends in a fault.
  private func steps(most: Int = 10_000, rows: Int, _ link: (Int) -> String) -> Int {
    var trail = PageTrail("list")
    for step in 0..<most {
      do throws(Fault) {
        try trail.step(rows: rows, next: link(step))
      } catch {
        #expect(error.code == "EndlessPages" && error.resource == "list")
        return step
      }
    }
    return most
  }

  @Test("may be long, and may have empty pages")
  func long() {
    #expect(steps(most: PageTrail.mostPages - 1, rows: 1) { "page \($0)" } == PageTrail.mostPages - 1)
    var trail = PageTrail("list")
    #expect(throws: Never.self) {
      for page in 0..<500 { try trail.step(rows: page % 10 == 0 ? 1 : 0, next: page == 499 ? nil : "page \(page)") }
    }
  }

  @Test("that never ends is a fault after bounded work")
  func endless() {
    #expect(steps(rows: 1) { "page \($0)" } == PageTrail.mostPages - 1)
    #expect(steps(rows: 0) { "page \($0)" } == PageTrail.mostEmptyPages - 1)
  }

  @Test("that comes back to where it was is a fault at once", arguments: [1, 2, 7])
  func circle(length: Int) {
    #expect(steps(rows: 1) { "page \($0 % length)" } == length)
  }
}
