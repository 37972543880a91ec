import FoundationEssentials
import Glibc

/// What Linux says of this process: /proc/self.
struct ProcessReadings {
  let started: Double
  let processorSeconds: Double
  let residentBytes: Double
  let descriptors: Double

  /// Clock ticks a second, and bytes a page, of every Linux that this runs on.
  private static let ticks = 100.0
  private static let page = 4096.0

  init() {
    let stat = ProcessReadings.words("/proc/self/stat")
    // Fields 14, 15 and 22 of proc(5); the name in field 2 is cut away, so they stand two places earlier.
    processorSeconds = (ProcessReadings.number(stat, 11) + ProcessReadings.number(stat, 12)) / ProcessReadings.ticks
    started = ProcessReadings.bootTime + ProcessReadings.number(stat, 19) / ProcessReadings.ticks
    residentBytes = ProcessReadings.number(stat, 21) * ProcessReadings.page
    descriptors = Double((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0)
  }

  private static func words(_ path: String) -> [Substring] {
    let text = (try? String(contentsOf: URL(filePath: path), encoding: .utf8)) ?? ""
    return text.split(separator: ") ", maxSplits: 1).last?.split(separator: " ") ?? []
  }

  private static func number(_ words: [Substring], _ at: Int) -> Double {
    words.indices.contains(at) ? Double(words[at]) ?? 0 : 0
  }

  /// Seconds since 1970. The unit hides /proc/stat, so it is what two clocks say.
  private static var bootTime: Double { clock(CLOCK_REALTIME) - clock(CLOCK_BOOTTIME) }

  private static func clock(_ id: clockid_t) -> Double {
    var time = timespec()
    guard unsafe clock_gettime(id, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
  }
}
