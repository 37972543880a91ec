import HeapModule

/// What is to happen, in the order of its time.
struct Agenda<What> {
  struct Entry: Comparable {
    let at: Int64
    /// Equal times come in the order in which they were asked for.
    let number: Int
    let what: What

    static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    static func < (left: Entry, right: Entry) -> Bool { (left.at, left.number) < (right.at, right.number) }
  }

  private var entries = Heap<Entry>()
  private var count = 0

  mutating func add(_ what: What, at time: Int64) {
    count += 1
    entries.insert(Entry(at: time, number: count, what: what))
  }

  mutating func next() -> Entry? { entries.popMin() }

  mutating func keep(where isKept: (What) -> Bool) { entries = Heap(entries.unordered.filter { isKept($0.what) }) }
}
