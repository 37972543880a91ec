import Logging
import RecoveryCore
import ServiceLifecycle

/// Reads the item list of one vault over and over, a page at a time, and says which items are worth a look.
///
/// The list is the steady cost of the watch: what it shows as known costs nothing more.
struct VaultPoller: Service {
  let vault: ResourceID
  let fleet: Fleet
  let queue: WorkQueue
  let cloud: any Cloud
  let decider: Decider
  let settings: EngineSettings
  let tally: RequestTally
  /// Rings when a hint points at the vault.
  let nudge: Alarm
  let time: any TimeSource
  let logger: Logger
  let voice: JournalVoice
  let onSweep: @Sendable (SweepReport) async -> Void

  func run() async throws {
    await cancelWhenGracefulShutdown { await watch() }
  }

  /// What one sweep leaves for the next.
  private struct Memory {
    var pages = KnownPages()
    var toldJobs: Set<String> = []
    /// Since when something has been moving whose plans were read; nil while nothing moves.
    var plansRead: Timestamp?
    /// When the last sweep that a hint asked for was over.
    var hinted: Timestamp?
  }

  private func watch() async {
    var memory = Memory()
    var standing: Fault?
    var failures = 0
    var isHinted = false
    while !Task.isCancelled {
      // The sweep sees what was hinted at until now.
      nudge.hush()
      let report = await sweep(&memory)
      if report.fault?.kind == .stopped { return }
      await tell(report.fault, standing)
      standing = report.fault
      failures = report.fault == nil ? 0 : failures + 1
      await onSweep(report)
      var pause = report.moving > 0 ? settings.itemsMoving : settings.items
      if let fault = report.fault {
        pause = max(
          pause, fault.retryAfter ?? .zero, decider.policy.backOff.wait(after: failures, seed: vault.key))
        pause = max(min(pause, settings.items * 10), fault.retryAfter ?? .zero)
      }
      if isHinted { memory.hinted = report.ended }
      let rested = report.started + (report.fault?.retryAfter ?? .zero)
      isHinted = await rest(
        until: report.started + pause, hintedFrom: max(rested, memory.hinted.map { $0 + HintDesk.pause } ?? rested))
    }
  }

  /// Returns when the next sweep is due: at its time, or, and then it says true, because of a hint. One that comes too
  /// early waits for its own time.
  private func rest(until due: Timestamp, hintedFrom early: Timestamp) async -> Bool {
    await nudge.wait(until: due, on: time)
    guard time.now < due, !Task.isCancelled else { return false }
    try? await time.sleep(until: min(early, due))
    guard time.now < due, !Task.isCancelled else { return false }
    logger.debug("a vault is swept early", metadata: ["vault": "\(vault.name)"])
    return true
  }

  private func sweep(_ memory: inout Memory) async -> SweepReport {
    var report = SweepReport(vault: vault, started: time.now, ended: time.now)
    var seen: Set<ItemKey> = []
    var hasNews = false
    var pages = cloud.itemPages(of: vault)
    do throws(Fault) {
      memory.pages.begin(with: await fleet.revision)
      var place = pages.place
      while let page = try await pages.next(unless: memory.pages.known) {
        let keys: [ItemKey]
        if let known = page.known {
          keys = known.keys
          memory.pages.keep(page, at: place, keys: keys)
        } else {
          let changed: [(ItemKey, ProtectedItem)]
          (changed, keys) = await fleet.news(in: page.items)
          let drills = await fleet.drills(in: page.items, for: decider)
          hasNews = hasNews || changed.contains { $0.1.isFailedOverOrReversed || $0.1.scenario != nil }
          for (key, item) in changed + drills {
            await queue.schedule(key, at: time.now, for: Occasion(listed: item))
          }
          await tellUnreadable(page.unreadable)
          if changed.isEmpty, drills.isEmpty, page.unreadable.isEmpty {
            memory.pages.keep(page, at: place, keys: keys)
          }
        }
        report.pages += 1
        report.items += keys.count
        seen.formUnion(keys)
        place = pages.place
        // Half a sweep is none: it may not be written down as one.
        if Task.isCancelled {
          throw Fault(.stopped, code: "Stopped", message: "stopped in the middle of a sweep", resource: vault.text)
        }
      }
      await forgetUnlisted(seen)
      report.moving = await fleet.isMoving(in: vault)
      if report.moving > 0 || hasNews {
        report.jobLists += 1
        await tellJobs(try await cloud.jobs(in: vault, since: report.started - .seconds(3600)), &memory.toldJobs)
        try await readPlans(&memory, &report)
      } else {
        memory.plansRead = nil
      }
    } catch {
      report.fault = error
    }
    report.ended = time.now
    report.budgets = await cloud.budgets()
    await tally.drain(into: &report)
    return report
  }

  /// A plan's groups heal in the plan's order. Plans change rarely and are read once a wave.
  private func readPlans(_ memory: inout Memory, _ report: inout SweepReport) async throws(Fault) {
    guard memory.plansRead == nil else { return }
    memory.plansRead = report.started
    report.jobLists += 1
    do throws(Fault) {
      let order = try await cloud.recoveryPlans(in: vault).flatMap(\.order)
      await queue.rank(await fleet.keys(of: order))
    } catch {
      // Without the order everything heals all the same.
      if error.kind == .stopped { throw error }
    }
  }

  private func forgetUnlisted(_ seen: Set<ItemKey>) async {
    for state in await fleet.unlisted(in: vault, besides: seen) {
      let (next, events) = decider.missing(state, at: time.now)
      await write { () async throws(JournalError) in try await fleet.commit(JournalChange(item: next, events: events)) }
    }
  }

  // MARK: - What is said of a vault

  private func tell(_ fault: Fault?, _ standing: Fault?) async {
    if let fault {
      // A failing retry is repeated only when what fails has changed.
      guard standing?.kind != fault.kind || standing?.code != fault.code else { return }
      await say(Event(.sweepFailed, at: time.now, vault: vault, fields: fault.fields))
    } else if standing != nil {
      await say(Event(.sweepRecovered, at: time.now, vault: vault))
    }
  }

  private func tellUnreadable(_ rows: [String]) async {
    for row in rows.prefix(20) {
      await say(
        Event(
          .itemUnreadable, at: time.now, level: .debug, vault: vault,
          fields: ["cause": row, "remedy": "Report it: Azure says something new about an item."]))
    }
  }

  /// A job is evidence for people; what is done is decided item by item.
  private func tellJobs(_ jobs: [ReplicationJob], _ told: inout Set<String>) async {
    for job in jobs where job.isFailover && told.insert("\(job.name)/\(job.state)").inserted {
      let isBad = ["failed", "partiallysucceeded", "cancelled"].contains(job.state.lowercased())
      await say(
        Event(
          .jobSeen, at: time.now, level: isBad ? .warning : .info, vault: vault,
          fields: [
            "job": job.name, "scenario": job.scenario, "state": job.state, "target": job.targetName,
            "targetType": job.targetType, "started": job.started?.iso8601 ?? "unknown",
          ]))
    }
    if told.count > 10_000 { told.removeAll() }
  }

  private func say(_ event: Event) async {
    await write { () async throws(JournalError) in try await fleet.say([event]) }
  }

  private func write(_ body: () async throws(JournalError) -> Void) async {
    do throws(JournalError) {
      try await body()
    } catch {
      voice.failed("the journal does not take a change", error, ["vault": "\(vault)"])
    }
  }
}
