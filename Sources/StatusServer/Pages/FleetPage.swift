import RecoveryCore
import Reporting

/// The fleet at a glance: what stands, where everything is, each failover machine by machine, and what it costs.
struct FleetPage {
  private let snapshot: FleetSnapshot
  private let mode: String
  private let version: String
  private let items: ItemStates

  /// Rows of one table; the rest is counted, and found by name.
  private static let mostRows = 200

  init(_ snapshot: FleetSnapshot, mode: String, version: String) {
    self.snapshot = snapshot
    self.mode = mode
    self.version = version
    items = snapshot.states
  }

  var html: HTML {
    Frame.page(
      "Fleet",
      """
      <h1>\(headline)</h1>
      <p class="quiet">mode \(mode) · version \(version) · \(Moment(snapshot.at).minute) UTC</p>
      \(alerts)
      \(cards)
      \(failovers)
      \(attention)
      \(map)
      \(instances)
      \(costs)
      """)
  }

  private var headline: String {
    let needy = items.count(where: \.needsPerson)
    if needy > 0 { return needy == 1 ? "One machine needs a person" : "\(needy) machines need a person" }
    let moving = items.count(where: \.isOnTheMove)
    if moving > 0 {
      return moving == 1 ? "One machine is being looked after" : "\(moving) machines are being looked after"
    }
    return "All \(items.count { !$0.key.isDrill }) items are quiet"
  }

  // MARK: - What stands

  private var alerts: HTML {
    let standing = snapshot.alerts.filter { $0.told != nil }.sorted { ($1.level, $0.id) < ($0.level, $1.id) }
    guard !standing.isEmpty else { return "<p>No alert stands.</p>" }
    let boxes: [HTML] = standing.map { alert in
      """
      <section class="alert \(alert.level.rawValue)" aria-label="Alert \(alert.name.rawValue) \(alert.subject)">
      \(Frame.tag(alert.level.rawValue, alert.level.rawValue)) <strong>\(alert.name.rawValue) \(alert.subject)</strong>
      for \((snapshot.at - alert.since).brief)\(alert.machines.isEmpty ? "" : ": " + Alert.words(alert.machines))
      \(alert.cause.map { "<br>\($0)" as HTML })
      <br><span class="quiet">\(alert.remedy)</span>
      </section>

      """
    }
    return "<h2>Alerts</h2>\n\(boxes)"
  }

  private var cards: HTML {
    let counts = items.grouped(by: \.condition).mapValues(\.count).sorted { $0.key < $1.key }
    let cards: [HTML] = counts.map { condition, count in
      "<li class=\"card\"><b>\(count)</b>\(Frame.tag(condition.rawValue, condition.words))</li>\n"
    }
    return "<h2>Items</h2>\n<ul class=\"cards\">\(cards)</ul>"
  }

  // MARK: - Failovers

  private var failovers: HTML {
    let shown = snapshot.alerts.filter { $0.name == .failover }.map(\.subject)
    let parts: [HTML] = shown.map { id in
      let members = items.filter { $0.failoverID == id }.sorted {
        ($0.condition.urgency, $0.name) < ($1.condition.urgency, $1.name)
      }
      return """
        <h2>Failover <a href="/failovers/\(Frame.encoded(id))">\(id)</a></h2>
        \(table(members, Timeline(of: members, at: snapshot.at), label: "Machines of failover \(id)"))
        """
    }
    return HTML(joining: parts)
  }

  private func table(_ members: ItemStates, _ timeline: Timeline? = nil, label: String) -> HTML {
    let heads =
      ["machine", "in", "condition", "legs", "now"] + [timeline?.caption].compactMap(\.self) + ["without logs"]
    let rows: [HTML] = members.prefix(FleetPage.mostRows).map { state in
      """
      <tr><th scope="row">\(Frame.link(state.key.text, state.name))</th>\
      <td data-label="in">\(state.location ?? "-")</td>\
      <td data-label="condition">\(Frame.tag(state.condition.rawValue, state.condition.words))</td>\
      <td data-label="legs"><span class="legs">\(legs(state))</span></td>\
      <td data-label="now">\(now(state))</td>\
      \(timeline.map { "<td data-label=\"\($0.caption)\">\($0.strip(of: state))</td>" as HTML })\
      <td data-label="without logs" class="number">\(gap(state))</td></tr>

      """
    }
    let more = members.count - FleetPage.mostRows
    return """
      \(Frame.table(heads, rows, label))
      \(more > 0 ? "<p>and \(more) more</p>" as HTML : .none)
      """
  }

  private func legs(_ state: ItemState) -> [HTML] {
    // Until the failover is complete they are those of the machine that was live before.
    guard state.transition == nil, !state.legs.isEmpty else { return ["<span class=\"quiet\">not judged yet</span>"] }
    return state.legs.map { verdict in
      let mark = verdict.finding == .healthy ? "✓" : verdict.finding.isBroken ? "✗" : "…"
      return """
        <span class="tag \(verdict.finding.rawValue)" title="\(verdict.leg.description) is \(verdict.finding.rawValue): \(verdict.evidence)">\
        \(mark) \(verdict.leg.name)</span>
        """
    }
  }

  private func now(_ state: ItemState) -> String {
    let row = StatusReport.Row(state)
    return row.step == "-" ? row.reason : row.step
  }

  /// A clock that runs until the machine is well.
  private func gap(_ state: ItemState) -> String {
    if let from = state.heal?.lastRowBefore ?? state.failover?.cloudTime, let until = state.heal?.firstRow, until > from
    {
      return (until - from).brief
    }
    let isOver = state.failover?.isSettled ?? false
    guard !isOver, let since = state.transition?.since ?? state.failover?.noticed else { return isOver ? "over" : "-" }
    return "\((snapshot.at - since).brief)…"
  }

  // MARK: - The rest

  private var attention: HTML {
    let shown = Set(snapshot.alerts.filter { $0.name == .failover }.map(\.subject))
    let others = items.filter { state in
      (state.isRemarkable || state.condition == .parked) && !(state.failoverID.map(shown.contains) ?? false)
    }
    guard !others.isEmpty else { return .none }
    return "<h2>Wants a look</h2>\n\(table(others.sorted { $0.name < $1.name }, label: "Items that want a look"))"
  }

  /// Vaults and regions, with what is where.
  private var map: HTML {
    let places = items.filter { !$0.key.isDrill }.grouped { [$0.vault.name, $0.location ?? "unknown"] }
    let rows: [HTML] = places.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { place, members in
      let counts = members.grouped(by: \.condition).mapValues(\.count).sorted { $0.key < $1.key }
      let tags: [HTML] = counts.map { Frame.tag($0.key.rawValue, "\($0.value) \($0.key.words)") }
      return """
        <tr><th scope="row">\(place[0])</th><td data-label="region">\(place[1])</td>\
        <td data-label="items" class="number">\(members.count)</td><td><span class="legs">\(tags)</span></td></tr>

        """
    }
    return """
      <h2>Where everything is</h2>
      \(Frame.table(["vault", "region", "items", "conditions"], rows, "Vaults and regions"))
      """
  }

  /// Who shares the vaults; this page itself has those of the instance that serves it.
  private var instances: HTML {
    guard let instances = snapshot.instances else { return .none }
    let rows: [HTML] = instances.map { instance in
      """
      <tr><th scope="row">\(instance.instance)</th><td data-label="host">\(instance.host)</td>\
      <td data-label="heard of">\(instance.isAlive ? "" : "silent, ")\(instance.silentForSeconds) s ago\(instance.isBlind ? ", cannot read Azure" : "")</td>\
      <td data-label="vaults">\(instance.vaults.map(\.vault).joined(separator: ", "))</td></tr>

      """
    }
    return """
      <h2>Instances</h2>
      <p class="quiet">Each shows the vaults that it looks after; <code>aftercare status</code> shows all.</p>
      \(Frame.table(["instance", "host", "heard of", "vaults"], rows, "Instances"))
      """
  }

  private var costs: HTML {
    let sweeps: [HTML] = snapshot.sweeps.map { sweep in
      """
      <tr><th scope="row">\(sweep.vault.name)</th><td data-label="last sweep">\(Moment(sweep.ended).clock)</td>\
      <td data-label="items" class="number">\(sweep.items)</td><td data-label="requests" class="number">\(sweep.requests)</td>\
      <td data-label="result">\(sweep.fault.map { "\($0.code). \($0.remedy)" } ?? "read through")</td></tr>

      """
    }
    let budgets: [HTML] = snapshot.budgets.map { budget in
      """
      <tr><th scope="row">\(budget.subscription)</th><td data-label="requests">\(budget.kind)</td>\
      <td data-label="left" class="number">\(budget.left) of \(budget.of)</td>\
      <td data-label="put off" class="number">\(budget.putOff)</td>\
      <td data-label="shut for">\(budget.shutForSeconds.map { "\($0) s" } ?? "-")</td></tr>

      """
    }
    return """
      <h2>What it costs</h2>
      \(Frame.table(["vault", "last sweep", "items", "requests", "result"], sweeps, "Sweeps"))
      \(Frame.table(["subscription", "requests", "left", "put off", "shut for"], budgets, "Budgets"))
      """
  }
}

extension Condition {
  /// Whom to look at first.
  fileprivate var urgency: Int {
    switch self {
    case .parked: 0
    case .held: 1
    case .unverified: 2
    case .failedOver, .failingOver: 3
    case .healing: 4
    default: 5
    }
  }
}
