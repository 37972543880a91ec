import RecoveryCore

/// Since when and until when each machine's logs are missing, as a picture: a bar a machine on one axis of time.
struct LogGapChart {
  private struct Bar {
    var name: String
    var from: Timestamp
    /// Nil while it goes on.
    var until: Timestamp?
    var words: String
  }

  private let bars: [Bar]
  private let from: Timestamp
  private let until: Timestamp

  private static let names = 150.0
  private static let plot = 560.0
  private static let row = 20.0

  init(_ report: FailoverReport) {
    bars = report.machines.compactMap { machine in
      machine.silentFrom.map {
        Bar(name: machine.item, from: $0.time, until: machine.silentUntil?.time, words: machine.gapWords)
      }
    }
    from = bars.map(\.from).min() ?? report.began.time
    let latest = bars.map { $0.until ?? $0.from }.max() ?? from
    let isOpen = bars.contains { $0.until == nil }
    // A gap that goes on has no end to draw it to: it runs to the edge.
    until = max(latest, from + .seconds(60)) + (isOpen ? (latest - from) / 8 : .zero)
  }

  var html: HTML {
    guard !bars.isEmpty else { return "<p>No machine is known to have lost logs.</p>" }
    let height = Double(bars.count) * LogGapChart.row + 30
    let width = LogGapChart.names + LogGapChart.plot + 70
    let drawn: [HTML] = bars.enumerated().map { index, bar in draw(bar, at: Double(index) * LogGapChart.row) }
    return """
      <div class="wide" role="region" aria-label="Chart" tabindex="0">
      <svg role="img" aria-label="Minutes without logs, a bar a machine; the table below has the numbers" \
      viewBox="0 0 \(Int(width)) \(Int(height))" width="\(Int(width))" height="\(Int(height))">
      \(ticks(height))\(drawn)</svg>
      </div>
      """
  }

  private func draw(_ bar: Bar, at top: Double) -> HTML {
    let left = x(bar.from)
    let right = x(bar.until ?? until)
    let kind = bar.until == nil ? "gap open" : "gap"
    return """
      <text x="\(text(LogGapChart.names - 6))" y="\(text(top + 14))" text-anchor="end">\(bar.name)</text>\
      <rect class="\(kind)" x="\(text(left))" y="\(text(top + 4))" width="\(text(max(1, right - left)))" height="12"></rect>\
      <text x="\(text(right + 4))" y="\(text(top + 14))">\(bar.words)</text>

      """
  }

  /// At most eight, at round minutes after the first moment.
  private func ticks(_ height: Double) -> HTML {
    let minutes = Int((until - from).inMilliseconds / 60_000)
    let step = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440].first { minutes / $0 <= 8 } ?? 10_080
    let lines: [HTML] = stride(from: 0, through: minutes, by: step).map { minute in
      let at = x(from + .seconds(minute * 60))
      return """
        <line class="tick" x1="\(text(at))" x2="\(text(at))" y1="0" y2="\(text(height - 20))"></line>\
        <text x="\(text(at))" y="\(text(height - 6))" text-anchor="middle">\(minute) min</text>

        """
    }
    return HTML(joining: lines)
  }

  private func x(_ time: Timestamp) -> Double {
    let share = Double((time - from).inMilliseconds) / Double(max(1, (until - from).inMilliseconds))
    return LogGapChart.names + share * LogGapChart.plot
  }

  private func text(_ number: Double) -> String { String((number * 10).rounded() / 10) }
}
