import FoundationEssentials

/// `Heartbeat` in Log Analytics: one row a minute while a machine's data flows, found a while after it was sent.
extension SimulatedAzure {
  func query(_ request: SimulatedRequest) -> SimulatedResponse {
    count("query")
    guard request.method == "POST",
      let body = try? JSONDecoder().decode(QueryBody.self, from: Data(request.body)),
      body.query.contains("Heartbeat")
    else { return .error(400, "BadArgumentError", "The request had some invalid properties") }
    let resources = SimulatedAzure.quoted(body.query).filter { $0.hasPrefix("/subscriptions/") }
    let since = SimulatedAzure.instants(body.query).max()
    let rows = heartbeats(of: Set(resources.map { $0.lowercased() }), since: since)
    let isSummary = body.query.contains("summarize")
    let isByMachine = body.query.contains("by _ResourceId")
    let column = "max_TimeGenerated"
    switch (isSummary, isByMachine) {
    case (true, false):
      // A summary of nothing has one row all the same.
      let last = rows.map(\.last).max()
      guard body.query.contains("min(TimeGenerated)") else {
        return table([(column, "datetime")], [[JSON(last?.azure)]])
      }
      let first = rows.map(\.first).min()
      return table(
        [("min_TimeGenerated", "datetime"), (column, "datetime")], [[JSON(first?.azure), JSON(last?.azure)]])
    case (true, true):
      return table(
        [("_ResourceId", "string"), (column, "datetime")], rows.map { [.string($0.machine), .string($0.last.azure)] })
    case (false, _):
      return table(
        [("TimeGenerated", "datetime"), ("_ResourceId", "string"), ("Category", "string")],
        rows.map { [.string($0.last.azure), .string($0.machine), "Azure Monitor Agent"] })
    }
  }

  private func heartbeats(of resources: Set<String>, since: Date?) -> [(machine: String, first: Date, last: Date)] {
    let visible = clock.now.addingTimeInterval(-scenario.timings.ingestion)
    return machines.sorted { $0.key < $1.key }.compactMap { key, machine in
      guard resources.isEmpty || resources.contains(key) else { return nil }
      var last: Date? = machine.sentUntil
      if let begin = machine.sendingSince, visible >= begin { last = visible }
      guard let last else { return nil }
      let minute = Date(timeIntervalSince1970: (last.timeIntervalSince1970 / 60).rounded(.down) * 60)
      guard since.map({ minute > $0 }) ?? true else { return nil }
      let begin = max(machine.sendingSince ?? minute, since ?? .distantPast)
      let first = Date(timeIntervalSince1970: (begin.timeIntervalSince1970 / 60).rounded(.up) * 60)
      return (key, min(first, minute), minute)
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

  /// The literals `datetime(...)` of a query.
  static func instants(_ query: String) -> [Date] {
    query.split(separator: "datetime(").dropFirst().compactMap { rest in
      let text = rest.prefix { $0 != ")" }.filter { $0 != "'" && $0 != "\"" }
      let styles = [true, false].map { Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }
      return styles.lazy.compactMap { try? Date(String(text), strategy: $0) }.first
    }
  }
}

private struct QueryBody: Decodable {
  var query: String
}
