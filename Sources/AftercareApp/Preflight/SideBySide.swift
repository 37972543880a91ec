extension Array where Element: Sendable {
  /// What the work makes of each element, in their order, with at most so many under way at once.
  func sideBySide<Value: Sendable>(
    _ limit: Int, _ work: @escaping @Sendable (Element) async -> Value
  ) async -> [Value] {
    await withTaskGroup(of: (Int, Value).self) { group in
      var values: [Int: Value] = [:]
      for (index, element) in enumerated() {
        if index >= limit, let (done, value) = await group.next() { values[done] = value }
        group.addTask { (index, await work(element)) }
      }
      for await (done, value) in group { values[done] = value }
      return indices.compactMap { values[$0] }
    }
  }
}
