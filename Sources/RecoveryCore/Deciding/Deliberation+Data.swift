/// The last proof: rows of this machine, newer than the failover, in every table that is expected.
///
/// The query names the machine's resource id, so that rows of the machine that was left behind prove nothing. A
/// machine whose rows do not come, or cannot be asked for, ends as healed but unverified, never as healed.
extension Deliberation {
  /// Nil when the heal may end: the data was seen, or has been waited for long enough.
  mutating func awaitData(of machine: Machine) -> Conclusion? {
    guard let sources = state.heal?.desired.data, !sources.isEmpty else { return nil }
    let since = state.heal?.waitingForDataSince ?? now
    state.heal?.waitingForDataSince = since
    let why: String
    var pause = policy.data
    switch seen.data {
    case .notRead:
      return (
        .mustReadData, .readData(machine.id, after: state.failover?.from?.id, sources, since: start(of: machine))
      )
    case .read(let spans):
      note(spans, sources)
      let silent = sources.filter { spans[$0] == nil }
      guard !silent.isEmpty else { return nil }
      why = "no row yet in \(silent.map(\.table).joined(separator: ", "))"
    case .failed(let fault):
      why = "the workspace cannot be asked: \(fault)"
      pause = max(pause, fault.retryAfter ?? .zero)
      say(once: "data.\(fault.kind.rawValue)", .dataUnreadable, fields: fault.fields)
    }
    guard asked - since >= policy.dataWithin else { return (.verifyingData, again(in: pause)) }
    state.heal?.unverified = "\(why) after \((now - since).brief)"
    return nil
  }

  /// From when on a row counts, by Azure's clock: an older one may be of an earlier life under the same id.
  private func start(of machine: Machine) -> Timestamp {
    state.failover?.cloudTime ?? machine.created ?? (state.heal?.started ?? now) - .seconds(300)
  }

  private mutating func note(_ spans: [DataSource: DataSpan], _ sources: [DataSource]) {
    state.legs.removeAll { if case .data = $0.leg { true } else { false } }
    for source in sources {
      let span = spans[source]
      let words = span.map { "rows from \($0.first.iso8601) to \($0.last.iso8601)" } ?? "no row yet"
      state.legs.append(LegVerdict(.data(source.table), span == nil ? .unjudged : .healthy, words))
    }
    state.heal?.firstRow = spans.values.map(\.first).min()
    state.heal?.lastRowBefore = spans.values.compactMap(\.lastBefore).max()
  }

  /// From the last sign of life to the first, both by Azure's clock: the minutes of logs that are missing. With a data
  /// leg they are rows; without one the failover's own time, and the guest agent's report in which everything was well.
  func logGap(_ machine: Machine) -> [String: String] {
    let rows = state.heal?.firstRow
    guard let from = (rows.flatMap { _ in state.heal?.lastRowBefore }) ?? state.failover?.cloudTime,
      let until = rows ?? machine.agent?.reported, until > from
    else { return [:] }
    return ["logGap": (until - from).brief, "silentFrom": from.iso8601, "silentUntil": until.iso8601]
  }
}
