import RecoveryCore

extension FailoverReport {
  /// The account as one HTML document that needs nothing else: it can be mailed.
  public var html: String {
    let open = machines.filter { $0.cause != nil }
    let page: HTML = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Failover \(id)</title>
      <style>\(Style.sheet)</style>
      </head>
      <body>
      <main>
      <h1>Failover \(id)</h1>
      <ul>\(summary.map { "<li>\($0)</li>" as HTML })</ul>
      \(open.isEmpty ? HTML.none : needs(open))
      <h2>Minutes without logs</h2>
      \(LogGapChart(self).html)
      <h2>Machines</h2>
      \(rows)
      \(support)
      <p class="quiet">\(footnote)</p>
      </main>
      </body>
      </html>

      """
    return page.text
  }

  private func needs(_ open: [Machine]) -> HTML {
    let items: [HTML] = open.map { machine in
      "<li><strong>\(machine.item)</strong> <span class=\"tag \(machine.outcome.rawValue)\">\(machine.outcome.words)</span> \(machine.cause ?? ""). \(machine.remedy ?? "")</li>"
    }
    return "<h2>What a person has to do</h2>\n<ul>\(items)</ul>"
  }

  private var rows: HTML {
    let rows: [HTML] = machines.map { machine in
      """
      <tr><th scope="row">\(machine.item)</th><td>\(machine.location ?? "-")</td>\
      <td><span class="tag \(machine.outcome.rawValue)">\(machine.outcome.words)</span></td>\
      <td>\(machine.noticed?.clock ?? "-")</td><td>\(machine.completed?.clock ?? "-")</td>\
      <td>\(machine.well?.clock ?? "-")</td><td class="number">\(machine.gapWords)</td>\
      <td>\(lost(machine))</td><td>\(done(machine))</td></tr>

      """
    }
    return """
      <div class="wide" role="region" aria-label="Machines" tabindex="0"><table>
      <thead><tr><th scope="col">machine</th><th scope="col">to</th><th scope="col">outcome</th>\
      <th scope="col">noticed</th><th scope="col">complete</th><th scope="col">well</th><th scope="col">log gap</th>\
      <th scope="col">lost</th><th scope="col">done</th></tr></thead>
      <tbody>
      \(rows)</tbody>
      </table></div>
      """
  }

  private func lost(_ machine: Machine) -> HTML {
    HTML(
      joining: machine.lost.map {
        "<span title=\"\($0.leg): \($0.evidence)\">\($0.name) \($0.finding)</span><br>" as HTML
      })
  }

  private func done(_ machine: Machine) -> HTML { HTML(joining: machine.doneParts.map { "\($0)<br>" as HTML }) }

  private var support: HTML {
    let ids: [HTML] = machines.filter { !$0.correlationIDs.isEmpty }.map {
      "<li>\($0.item): <code>\($0.correlationIDs.joined(separator: ", "))</code></li>"
    }
    guard !ids.isEmpty else { return .none }
    return "<details><summary>ARM correlation ids, for a support case</summary><ul>\(ids)</ul></details>"
  }
}
