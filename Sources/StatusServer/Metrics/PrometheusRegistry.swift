public import CoreMetrics
import Synchronization

/// A backend of swift-metrics that is read by Prometheus: every value is kept here, and written out when it is asked
/// for.
public final class PrometheusRegistry: MetricsFactory {
  struct Key: Hashable, Comparable {
    var label: String
    var dimensions: [String]

    static func < (left: Key, right: Key) -> Bool {
      (left.label, left.dimensions.joined()) < (right.label, right.dimensions.joined())
    }
  }

  private let cells = Mutex<[Key: Cell]>([:])
  private let help: [String: String]

  /// - Parameter help: What each metric means, by its name.
  public init(help: [String: String]) { self.help = help }

  /// The one cell of a label and its dimensions.
  private func cell(_ label: String, _ dimensions: [(String, String)], _ kind: Cell.Kind) -> Cell {
    let key = Key(label: label, dimensions: dimensions.map { "\($0)=\"\(PrometheusRegistry.escaped($1))\"" })
    return cells.withLock { cells in
      if let known = cells[key] { return known }
      let cell = Cell(kind)
      cells[key] = cell
      return cell
    }
  }

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    cell(label, dimensions, .counter)
  }
  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler { cell(label, dimensions, .counter) }
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    cell(label, dimensions, .gauge)
  }
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    cell(label, dimensions, aggregate ? .histogram : .gauge)
  }
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    cell(label, dimensions, .histogram)
  }
  public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
  public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
  public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
  public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

  private func forget(_ handler: Any) {
    guard let gone = handler as? Cell else { return }
    cells.withLock { cells in cells = cells.filter { $0.value !== gone } }
  }

  // MARK: - The text format 0.0.4

  func exposition() -> String {
    let all = cells.withLock { $0 }.sorted { $0.key < $1.key }
    var text = ""
    var last = ""
    for (key, cell) in all {
      if key.label != last {
        last = key.label
        text += "# HELP \(key.label) \(help[key.label] ?? key.label)\n# TYPE \(key.label) \(cell.kind.rawValue)\n"
      }
      for line in cell.lines(key) { text += line + "\n" }
    }
    return text
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}

/// One value, or one distribution.
final class Cell: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
  enum Kind: String { case counter, gauge, histogram }

  private struct State {
    var value = 0.0
    var count = 0
    var buckets: [Int]
  }

  let kind: Kind
  private let state: Mutex<State>

  /// Seconds: from what nobody notices to what somebody must explain.
  static let bounds: [Double] = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400]

  init(_ kind: Kind) {
    self.kind = kind
    state = Mutex(State(buckets: Cell.bounds.map { _ in 0 }))
  }

  func increment(by amount: Int64) { increment(by: Double(amount)) }
  func increment(by amount: Double) { state.withLock { $0.value += amount } }
  func decrement(by amount: Double) { state.withLock { $0.value -= amount } }
  func reset() { state.withLock { $0 = State(buckets: Cell.bounds.map { _ in 0 }) } }
  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { state.withLock { $0.value = value } }
  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    state.withLock { state in
      guard kind == .histogram else {
        state.value = value
        return
      }
      state.value += value
      state.count += 1
      if let bucket = Cell.bounds.firstIndex(where: { value <= $0 }) { state.buckets[bucket] += 1 }
    }
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

  func lines(_ key: PrometheusRegistry.Key) -> [String] {
    let state = state.withLock { $0 }
    func line(_ suffix: String, _ more: [String], _ value: String) -> String {
      let dimensions = key.dimensions + more
      return "\(key.label)\(suffix)\(dimensions.isEmpty ? "" : "{\(dimensions.joined(separator: ","))}") \(value)"
    }
    guard kind == .histogram else { return [line("", [], Cell.text(state.value))] }
    var sum = 0
    let buckets = zip(Cell.bounds, state.buckets).map { bound, count in
      sum += count
      return line("_bucket", ["le=\"\(Cell.text(bound))\""], "\(sum)")
    }
    return buckets + [
      line("_bucket", ["le=\"+Inf\""], "\(state.count)"), line("_sum", [], Cell.text(state.value)),
      line("_count", [], "\(state.count)"),
    ]
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }
}
