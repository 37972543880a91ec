import FoundationEssentials
import Glibc
import Synchronization

/// The one place at which the process kills itself, for the kill test: `AFTERCARE_CRASH_AT=journal:7:after`, or, by what
/// is done there, `AFTERCARE_CRASH_AT=request:PATCH:before`.
///
/// It dies as by `kill -9`, without any clean-up. Without the variable nothing of this is in the object graph.
struct CrashPoint: Sendable, Hashable {
  enum Place: String { case journal, request }
  enum Moment: String { case before, after }
  enum Which: Hashable {
    /// Of the writes to the journal, or of the requests to Azure, since the process started; the first is 1.
    case number(Int)
    /// The first whose description has these words in it.
    case first(String)
  }

  static let variable = "AFTERCARE_CRASH_AT"

  let place: Place
  let which: Which
  let moment: Moment

  /// Nil when the variable is not set.
  init?(_ environment: [String: String]) throws(CrashPointError) {
    guard let text = environment[CrashPoint.variable] else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let place = Place(rawValue: parts[0]), !parts[1].isEmpty,
      let moment = Moment(rawValue: parts[2])
    else { throw CrashPointError(text: text) }
    let number = Int(parts[1])
    if let number, number < 1 { throw CrashPointError(text: text) }
    self.place = place
    which = number.map { .number($0) } ?? .first(parts[1])
    self.moment = moment
  }
}

extension CrashPoint: CustomStringConvertible {
  var description: String {
    switch which {
    case .number(let number): "\(place):\(number):\(moment)"
    case .first(let words): "\(place):\(words):\(moment)"
    }
  }
}

struct CrashPointError: Error, CustomStringConvertible {
  let text: String

  var description: String {
    "\(CrashPoint.variable): '\(text)' is no crash point; it is journal:N:before, journal:N:after, request:N:before or "
      + "request:N:after with N from 1 or words such as PATCH, for tests only. Unset it."
  }
}

/// Counts what passes a place, and kills the process there.
final class Crasher: Sendable {
  private let point: CrashPoint
  private let passed = Atomic(0)

  init(_ point: CrashPoint) { self.point = point }

  func pass<Value, Failure>(
    _ what: @autoclosure () -> String, _ act: () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let isHere =
      switch point.which {
      case .number(let number): passed.add(1, ordering: .relaxed).newValue == number
      case .first(let words): what().contains(words) && passed.add(1, ordering: .relaxed).newValue == 1
      }
    if isHere, point.moment == .before { die(what()) }
    let value = try await act()
    if isHere { die(what()) }
    return value
  }

  /// The test must know what was cut off: the line is the last thing that the process does.
  private func die(_ what: String) {
    LineOutput.standardError.write("killed at \(point): \(what)")
    kill(getpid(), SIGKILL)
  }
}
