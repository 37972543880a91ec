import AftercareTesting
import Foundation
import RecoveryCore
import SQLiteJournal

/// A journal with a bit of everything in it, and what is left of it after it was damaged.
enum DamagedJournal {
  static let items = 6

  /// All that is ever read back.
  struct Content: Equatable {
    var items: ItemStates
    var brakes: Brakes
    var baselines: [Baseline]
    var events: [RecordedEvent]
    var undelivered: [RecordedEvent]
    var heals: [Heal]
    var sweeps: [SweepReport]
    var orders: [RecordedOrder]
    var identity: String
  }

  enum Outcome {
    case refused(JournalError)
    case read(Content)
    case failed(any Error)

    /// A clear refusal, or nothing was lost.
    func isHonest(_ whole: Content) -> Bool {
      switch self {
      case .refused(let error):
        [.damaged, .tooNew, .readOnly].contains(error.code) && error.message.contains("journal.sqlite")
      case .read(let content): content == whole
      case .failed: false
      }
    }

    /// The last commits are not there, and nothing else is missing.
    func isShort(of whole: Content, by count: Int) -> Bool {
      guard case .read(let content) = self else { return false }
      return content.events == whole.events.dropLast(count) && content.items == whole.items
    }
  }

  /// Returns where the last transaction begins in the log.
  @discardableResult
  static func fill(_ journal: JournalDatabase) async throws -> Int {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    for number in 0..<items {
      var item = JournalSamples.item(key: ItemKey("item-\(number)"))
      item.heal = JournalSamples.heal(id: "heal-\(number)", item: item.key)
      let events = (0..<5).map { JournalSamples.event(.stepStarted, after: Int64(number * 5 + $0)) }
      let recorded = try await journal.commit(
        JournalChange(item: item, baseline: baseline(of: item.key), events: events), fence: fence)
      if number < items / 2, let last = recorded.last {
        try await journal.markDelivered(through: last.sequence, fence: fence)
      }
    }
    try await journal.record(JournalSamples.sweep(), fence: fence)
    var brakes = Brakes()
    brakes.pause = Brakes.Pause(reason: "change freeze", since: JournalSamples.start)
    _ = try await journal.commit(JournalChange(brakes: brakes), fence: fence)
    _ = try await journal.give(.approve("erp-web-01"), at: JournalSamples.start)
    let log = try FileManager.default.attributesOfItem(atPath: journal.path + "-wal")[.size] as? Int
    _ = try await journal.commit(JournalChange(events: [JournalSamples.event(.healHealed)]), fence: fence)
    return log ?? 0
  }

  private static func baseline(of item: ItemKey) -> Baseline {
    var baseline = Baseline(item: item, machine: Samples.wellMachine(), at: JournalSamples.start)
    baseline.extensions = JournalSamples.heal().desired.extensions
    return baseline
  }

  static func content(_ directory: String) async throws -> Content {
    let journal = try JournalDatabase(directory: directory, access: .readWrite)
    try await journal.inspect()
    let image = try await journal.load()
    var baselines: [Baseline] = []
    for number in 0..<items { baselines += try await journal.baselines(of: ItemKey("item-\(number)"), last: 10) }
    return Content(
      items: image.items, brakes: image.brakes, baselines: baselines,
      events: try await journal.events(about: nil, last: 1000), undelivered: try await journal.undelivered(limit: 1000),
      heals: try await journal.heals(about: nil, last: 1000), sweeps: try await journal.sweeps(),
      orders: try await journal.openOrders(), identity: try await journal.identity())
  }

  static func outcome(_ directory: String) async -> Outcome {
    do {
      return .read(try await content(directory))
    } catch let error as JournalError {
      return .refused(error)
    } catch {
      return .failed(error)
    }
  }

  /// As a crash leaves it: the file and its log, but not the memory that the processes share.
  static func copy(_ directory: String) throws -> String {
    let copy = directory + "/copy-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: copy, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for name in ["journal.sqlite", "journal.sqlite-wal", "journal.key"] {
      guard FileManager.default.fileExists(atPath: "\(directory)/\(name)") else { continue }
      try FileManager.default.copyItem(atPath: "\(directory)/\(name)", toPath: "\(copy)/\(name)")
    }
    return copy
  }

  /// Returns which bit of the file it was.
  static func flip(_ path: String, _ random: inout SeededGenerator) throws -> Int {
    let file = URL(filePath: path)
    var bytes = try Data(contentsOf: file)
    let bit = Int(random.next() % UInt64(bytes.count * 8))
    bytes[bit / 8] ^= 1 << (bit % 8)
    try bytes.write(to: file)
    return bit
  }
}
