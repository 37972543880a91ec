import Metrics
import RecoveryCore
import Reporting
public import ServiceLifecycle
public import WatchEngine

/// What Prometheus may know of the watch. Counters follow what is journalled; gauges are read when they are asked for.
public struct WatchMetrics: Service {
  private let registry: PrometheusRegistry
  private let watch: any WatchFace
  private let version: String

  /// Every metric and what it means; docs/operations.md explains them.
  static let help = [
    "aftercare_build_info": "The version that runs.",
    "aftercare_items": "Protected items by vault and condition.",
    "aftercare_heals_total": "Heals that ended since the start, by outcome.",
    "aftercare_events_total": "Events since the start, by name and level.",
    "aftercare_alerts": "Alerts that stand.",
    "aftercare_sweep_last_success_timestamp_seconds": "When a vault was read through the last time.",
    "aftercare_sweep_failing": "Whether the last sweep of a vault failed.",
    "aftercare_sweep_duration_seconds": "How long the last sweep of a vault took.",
    "aftercare_azure_requests_total": "Reads of Azure for a vault since the start.",
    "aftercare_budget_remaining": "Requests that may still be made of a subscription at once.",
    "aftercare_budget_limit": "Requests that may be made of a subscription at once.",
    "aftercare_budget_put_off": "Requests put off since the sweep before.",
    "aftercare_brake_on": "Whether a brake keeps heals from starting.",
    "aftercare_outbox_undelivered": "Events that a sink has not come to yet.",
    "aftercare_hints_total": "Hints from outside since the start, by outcome.",
    "aftercare_heal_duration_seconds": "From the start of a heal to its good end.",
    "aftercare_log_gap_seconds": "How long the logs of a healed machine were missing, by the clock of Azure.",
    "aftercare_vaults_held": "Vaults that this instance looks after, where several share them.",
    "aftercare_instances_alive": "Instances that were heard of lately.",
    "aftercare_journal_away": "Whether the journal takes no changes.",
    "process_start_time_seconds": "When the process was started.",
    "process_cpu_seconds_total": "Processor time of the process.",
    "process_resident_memory_bytes": "Resident memory of the process.",
    "process_open_fds": "Open file descriptors of the process.",
  ]

  public init(of watch: any WatchFace, version: String) {
    self.watch = watch
    self.version = version
    registry = PrometheusRegistry(help: WatchMetrics.help)
    // What has not happened yet is zero, not missing: an alert rule can count on it.
    for outcome in ["healed", "healedUnverified", "parked", "abandoned"] {
      counter("aftercare_heals_total", [("outcome", outcome)]).increment(by: 0)
    }
    _ = histogram("aftercare_heal_duration_seconds")
    _ = histogram("aftercare_log_gap_seconds")
  }

  /// Counts what is journalled.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      for await recorded in await watch.events.listen() { count(recorded.event) }
    }
  }

  private func count(_ event: Event) {
    counter("aftercare_events_total", [("event", event.kind.rawValue), ("level", event.level.rawValue)]).increment()
    switch event.kind {
    case .healHealed: ended("healed", event)
    case .healUnverified: ended("healedUnverified", event)
    case .healParked: ended("parked", event)
    case .healAbandoned: ended("abandoned", event)
    default: break
    }
  }

  private func ended(_ outcome: String, _ event: Event) {
    counter("aftercare_heals_total", [("outcome", outcome)]).increment()
    if let took = event.healDuration { histogram("aftercare_heal_duration_seconds").record(took.seconds) }
    if let gap = event.logGap { histogram("aftercare_log_gap_seconds").record(gap.seconds) }
  }

  // MARK: - When it is asked for

  func exposition(of source: StatusSource) async throws -> String {
    let scrape = Scrape(help: WatchMetrics.help)
    let snapshot = await source.snapshot()
    scrape.set("aftercare_build_info", [("version", version)], 1)
    let places = snapshot.states.grouped { [$0.vault.name, $0.condition.label] }
    for vault in watch.vaults {
      for condition in Condition.allCases {
        let count = places[[vault.name, condition.label]]?.count ?? 0
        scrape.set("aftercare_items", [("vault", vault.name), ("condition", condition.label)], Double(count))
      }
    }
    let told = snapshot.alerts.filter { $0.told != nil }
    for name in Alert.Name.allCases {
      for level in [Event.Level.notice, .warning, .error] {
        let count = told.count { $0.name == name && $0.level == level }
        scrape.set("aftercare_alerts", [("alert", name.rawValue), ("severity", level.rawValue)], Double(count))
      }
    }
    await sweeps(scrape)
    scrape.set("aftercare_brake_on", [("brake", "pause")], snapshot.brakes.pause == nil ? 0 : 1)
    scrape.set("aftercare_brake_on", [("brake", "failureRate")], snapshot.brakes.trip == nil ? 0 : 1)
    let sharing = await watch.sharing()
    if sharing?.away == nil {
      for (sink, waiting) in try await source.journal.backlog() {
        scrape.set("aftercare_outbox_undelivered", [("sink", sink)], Double(waiting))
      }
    }
    scrape.set("aftercare_journal_away", [], await watch.refusal() == nil ? 0 : 1)
    if let sharing {
      scrape.set("aftercare_vaults_held", [], Double(watch.vaults.count))
      scrape.set("aftercare_instances_alive", [], Double(sharing.picture?.instances.count(where: \.isAlive) ?? 0))
    }
    let hints = watch.hintCounts
    for outcome in HintDesk.Outcome.allCases {
      scrape.count("aftercare_hints_total", [("outcome", outcome.rawValue)], Double(hints[outcome] ?? 0))
    }
    let process = ProcessReadings()
    scrape.set("process_start_time_seconds", [], process.started)
    scrape.count("process_cpu_seconds_total", [], process.processorSeconds)
    scrape.set("process_resident_memory_bytes", [], process.residentBytes)
    scrape.set("process_open_fds", [], process.descriptors)
    return registry.exposition() + scrape.registry.exposition()
  }

  private func sweeps(_ scrape: Scrape) async {
    let costs = await watch.costs()
    for (vault, report) in costs.latest {
      let name = [("vault", vault.name)]
      scrape.set("aftercare_sweep_failing", name, report.fault == nil ? 0 : 1)
      scrape.set("aftercare_sweep_duration_seconds", name, (report.ended - report.started).seconds)
      if let last = costs.succeeded[vault] {
        scrape.set("aftercare_sweep_last_success_timestamp_seconds", name, Double(last.milliseconds) / 1000)
      }
    }
    for budget in Array(costs.latest.values).latestBudgets {
      let key = [("subscription", budget.subscription), ("kind", budget.kind)]
      scrape.set("aftercare_budget_remaining", key, Double(budget.left))
      scrape.set("aftercare_budget_limit", key, Double(budget.of))
      scrape.set("aftercare_budget_put_off", key, Double(budget.putOff))
    }
    for (vault, total) in costs.totals {
      let kinds = [
        ("pages", total.pages), ("instanceViews", total.instanceViews), ("itemReads", total.itemReads),
        ("associationLists", total.associationLists), ("jobLists", total.jobLists), ("queries", total.queries),
      ]
      for (kind, count) in kinds {
        scrape.count("aftercare_azure_requests_total", [("vault", vault.name), ("kind", kind)], Double(count))
      }
    }
  }

  // MARK: - swift-metrics

  private func counter(_ label: String, _ dimensions: [(String, String)]) -> Counter {
    Counter(label: label, dimensions: dimensions, factory: registry)
  }

  private func histogram(_ label: String) -> Recorder { Recorder(label: label, factory: registry) }
}

/// What is read anew each time that it is asked for.
private struct Scrape {
  let registry: PrometheusRegistry

  init(help: [String: String]) { registry = PrometheusRegistry(help: help) }

  func set(_ label: String, _ dimensions: [(String, String)], _ value: Double) {
    Meter(label: label, dimensions: dimensions, factory: registry).set(value)
  }

  /// A sum that is kept elsewhere.
  func count(_ label: String, _ dimensions: [(String, String)], _ value: Double) {
    FloatingPointCounter(label: label, dimensions: dimensions, factory: registry).increment(by: value)
  }
}

extension Event {
  fileprivate var logGap: Duration? {
    guard let from = fields["silentFrom"].flatMap({ Timestamp(iso8601: $0) }),
      let until = fields["silentUntil"].flatMap({ Timestamp(iso8601: $0) })
    else { return nil }
    return until - from
  }

  /// A heal's id ends in the time of its start.
  fileprivate var healDuration: Duration? {
    guard kind == .healHealed || kind == .healUnverified, let digits = heal?.split(separator: "-").last,
      let started = Int64(digits)
    else { return nil }
    return at - Timestamp(milliseconds: started)
  }
}

extension Condition {
  fileprivate var label: String { words.replacing(" ", with: "_") }
}

extension Duration {
  fileprivate var seconds: Double { Double(inMilliseconds) / 1000 }
}
