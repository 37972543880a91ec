import RecoveryCore

extension FailoverReport {
  /// The account as Markdown: for a ticket, a wiki, a mail.
  public var markdown: String {
    var lines = ["# Failover \(id)", ""]
    lines += summary.map { "* \($0)" } + [""]
    lines += table(
      ["machine", "to", "outcome", "noticed", "complete", "well", "log gap", "lost", "done"],
      machines.map { machine in
        [
          machine.item, machine.location ?? "-", machine.outcome.words, machine.noticed?.clock ?? "-",
          machine.completed?.clock ?? "-", machine.well?.clock ?? "-", machine.gapWords,
          machine.lost.map(\.name).joined(separator: ", "), machine.doneWords,
        ]
      })
    let open = machines.filter { $0.cause != nil }
    if !open.isEmpty {
      lines += ["", "## What a person has to do", ""]
      lines += open.map {
        "* **\(Self.plain($0.item))** (\($0.outcome.words)): \(Self.plain($0.cause ?? "")). \(Self.plain($0.remedy ?? ""))"
      }
    }
    let failed = machines.flatMap { machine in machine.done.filter { $0.fault != nil }.map { (machine.item, $0) } }
    if !failed.isEmpty {
      lines += ["", "## What Azure said", ""]
      lines += failed.map { "* \(Self.plain($0)), \($1.step), \($1.state): \(Self.plain($1.fault ?? ""))" }
    }
    let ids = machines.filter { !$0.correlationIDs.isEmpty }
    if !ids.isEmpty {
      lines += ["", "## ARM correlation ids, for a support case", ""]
      lines += ids.map { "* \(Self.plain($0.item)): \($0.correlationIDs.joined(separator: ", "))" }
    }
    return (lines + ["", footnote, ""]).joined(separator: "\n")
  }

  /// The failover in a few sentences.
  public var summary: [String] {
    let counts = Outcome.allCases.map { ($0, count($0)) }.filter { $0.1 > 0 }
    var words = [
      "\(machines.count == 1 ? "1 machine" : "\(machines.count) machines") of vault \(vault ?? "-"): "
        + counts.map { "\($1) \($0.words)" }.joined(separator: ", "),
      "began \(began.minute) UTC, "
        + (ended.map { "over \($0.minute) UTC, after \(($0.time - began.time).brief)" } ?? "not over yet"),
    ]
    if let gaps = logGaps {
      words.append("logs are missing for \(gaps.longest) minutes at most, \(gaps.median) in the median machine")
    }
    return words
  }

  var footnote: String {
    "Times are UTC, by the clock of the host that watched; log gaps are by Azure's clock. Written \(written)."
  }

  private func table(_ head: [String], _ rows: [[String]]) -> [String] {
    ([head, head.map { _ in "---" }] + rows.map { $0.map(Self.plain) }).map {
      "| " + $0.joined(separator: " | ") + " |"
    }
  }

  /// What others have written stays words: no markup, no further row.
  private static func plain(_ words: String) -> String {
    var text = ""
    for character in words {
      switch character {
      case "\n", "\r", "\r\n": text += " "
      case "|", "*", "_", "`", "[", "]", "<", ">", "\\": text += "\\\(character)"
      default: text.append(character)
      }
    }
    return text
  }
}

extension FailoverReport.Machine {
  var gapWords: String {
    if let logGapMinutes { return "\(logGapMinutes) min" }
    return silentFrom == nil || outcome.isOver ? "-" : "goes on"
  }

  /// What was done, and how often it had to be tried.
  var doneWords: String { doneParts.joined(separator: ", ") }

  var doneParts: [String] {
    done.filter { $0.state != "skipped" }.map { step in
      let tries = step.attempts > 1 ? " (\(step.attempts) tries)" : ""
      return step.state == "succeeded" ? step.step + tries : "\(step.step): \(step.state)\(tries)"
    }
  }
}
