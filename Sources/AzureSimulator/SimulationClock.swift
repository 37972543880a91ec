public import FoundationEssentials
import Synchronization

/// The simulator's time: it starts at the host's and runs `speed` times as fast, or moves only when it is told to.
public final class SimulationClock: Sendable {
  private enum Mode {
    case running(from: Date, since: Date, speed: Double)
    case manual(Date)
  }

  private let mode: Mutex<Mode>

  public init(speed: Double) {
    let now = Date()
    mode = Mutex(.running(from: now, since: now, speed: speed))
  }
  public init(manual start: Date) { mode = Mutex(.manual(start)) }

  public var now: Date {
    mode.withLock { mode in
      switch mode {
      case .running(let start, let since, let speed):
        start.addingTimeInterval(Date().timeIntervalSince(since) * speed)
      case .manual(let now): now
      }
    }
  }

  /// Lets manual time run from here on.
  public func run(speed: Double) {
    mode.withLock { mode in
      guard case .manual(let now) = mode else { return }
      mode = .running(from: now, since: Date(), speed: speed)
    }
  }

  /// Moves manual time; running time moves by itself.
  public func advance(by seconds: TimeInterval) {
    mode.withLock { mode in
      if case .manual(let now) = mode { mode = .manual(now.addingTimeInterval(seconds)) }
    }
  }
}

extension Date {
  /// `2026-02-03T10:14:42.648Z`
  var azure: String { formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }

  /// `Fri, 06 Oct 2023 05:50:06 GMT`
  var http: String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: self)
    let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][(parts.weekday ?? 1) - 1]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let clock = formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: false)).dropFirst(11).prefix(8)
    let number = parts.day ?? 1
    return
      "\(day), \(number < 10 ? "0" : "")\(number) \(months[(parts.month ?? 1) - 1]) \(parts.year ?? 1) \(clock) GMT"
  }

  /// `10/6/2023 5:50:06 AM`: how a Windows guest agent writes a heartbeat.
  var usHeartbeat: String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: self)
    func two(_ number: Int?) -> String { (number ?? 0) < 10 ? "0\(number ?? 0)" : "\(number ?? 0)" }
    let hour = parts.hour ?? 0
    return "\(parts.month ?? 1)/\(parts.day ?? 1)/\(parts.year ?? 1) \(hour % 12 == 0 ? 12 : hour % 12):"
      + "\(two(parts.minute)):\(two(parts.second)) \(hour < 12 ? "AM" : "PM")"
  }
}
