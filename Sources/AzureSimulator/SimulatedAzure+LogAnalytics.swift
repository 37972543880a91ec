import FoundationEssentials

/// A table of Log Analytics: one row a minute while a machine's data flows, found a while after it was sent.
extension SimulatedAzure {
  /// The first and the last row of a machine that a query finds.
  private struct Span {
    var machine: String
    var first: Date
    var last: Date
  }

  func query(_ request: SimulatedRequest) -> SimulatedResponse {
    count("query")
    guard request.method == "POST", let body = try? JSONDecoder().decode(QueryBody.self, from: Data(request.body)),
      body.query.contains("TimeGenerated")
    else { return .error(400, "BadArgumentError", "The request had some invalid properties") }
    // Alternatives of a condition stand in brackets.
    let conditions = body.query.components(separatedBy: ") or (")
    let spans = conditions.flatMap { self.spans(that: $0) }
    guard let clause = body.query.split(separator: "summarize").dropFirst().first else {
      return table(
        [("TimeGenerated", "datetime"), ("_ResourceId", "string"), ("Category", "string")],
        spans.map { [.string($0.last.azure), .string($0.machine), "Azure Monitor Agent"] })
    }
    // Columns stand in the order in which the query asks for them.
    let columns = clause.split(separator: ",").compactMap { part in
      ["min", "max"].first { part.contains("\($0)(TimeGenerated)") }
    }
    var head = columns.map { ("\($0)_TimeGenerated", "datetime") }
    if clause.contains("by _ResourceId") {
      head.insert(("_ResourceId", "string"), at: 0)
      return table(
        head,
        spans.map { span in
          [.string(span.machine)] + columns.map { .string(($0 == "min" ? span.first : span.last).azure) }
        })
    }
    // A summary of nothing has one row all the same.
    let first = JSON(spans.map(\.first).min()?.azure)
    let last = JSON(spans.map(\.last).max()?.azure)
    return table(head, [columns.map { $0 == "min" ? first : last }])
  }

  /// The rows that one condition asks for.
  private func spans(that condition: String) -> [Span] {
    let resources = Set(
      SimulatedAzure.quoted(condition).filter { $0.hasPrefix("/subscriptions/") }.map { $0.lowercased() })
    let since = SimulatedAzure.instants(condition, behind: "> ").max()
    let until = SimulatedAzure.instants(condition, behind: "<= ").min()
    let visible = min(now.addingTimeInterval(-scenario.timings.ingestion), until ?? .distantFuture)
    return machines.sorted { $0.key < $1.key }.compactMap { key, machine in
      guard resources.isEmpty || resources.contains(key) else { return nil }
      guard let end = machine.sendingSince == nil ? machine.sentUntil : visible else { return nil }
      let begin = max(machine.sendingSince ?? machine.created, since?.addingTimeInterval(1) ?? .distantPast)
      let first = Date(timeIntervalSince1970: (begin.timeIntervalSince1970 / 60).rounded(.up) * 60)
      let last = Date(timeIntervalSince1970: (min(end, visible).timeIntervalSince1970 / 60).rounded(.down) * 60)
      return first <= last ? Span(machine: key, first: first, last: last) : nil
    }
  }

  private func table(_ columns: [(String, String)], _ rows: [[JSON]]) -> SimulatedResponse {
    let head: [JSON] = columns.map { ["name": .string($0.0), "type": .string($0.1)] }
    return SimulatedResponse(
      200,
      ["tables": [["name": "PrimaryResult", "columns": .array(head), "rows": .array(rows.map { .array($0) })]]])
  }

  /// The string literals of a query.
  static func quoted(_ query: String) -> [String] {
    var found: [String] = []
    var open: Character?
    var word = ""
    for character in query {
      if let quote = open {
        if character == quote {
          found.append(word)
          (open, word) = (nil, "")
        } else {
          word.append(character)
        }
      } else if character == "'" || character == "\"" {
        open = character
      }
    }
    return found
  }

  /// The literals `datetime(...)` that a query compares with.
  static func instants(_ query: String, behind comparison: String) -> [Date] {
    query.split(separator: "\(comparison)datetime(").dropFirst().compactMap { rest in
      let text = rest.prefix { $0 != ")" }.filter { $0 != "'" && $0 != "\"" }
      let styles = [true, false].map { Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }
      return styles.lazy.compactMap { try? Date(String(text), strategy: $0) }.first
    }
  }
}

private struct QueryBody: Decodable {
  var query: String
}
