import FoundationEssentials

/// Odd but real values, where the scenario asks for them.
extension SimulatedAzure {
  /// A time as a service writes it.
  func time(_ date: Date) -> JSON {
    guard scenario.quirks.contains(.oddTimes) else { return .string(date.azure) }
    timesTold += 1
    let whole = date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: false)).dropLast()
    let digits = timesTold % 8
    let ticks = Int((date.timeIntervalSince1970 * 10_000_000).rounded(.down)) % 10_000_000
    let padded = String(repeating: "0", count: max(0, 7 - String(ticks).count)) + String(ticks)
    let fraction = digits == 0 ? "" : "." + padded.prefix(digits)
    let zone = ["Z", "+00:00", ""][timesTold / 8 % 3]
    return .string(whole + fraction + zone)
  }

  func time(_ date: Date?, or sentinel: String) -> JSON {
    date.map { time($0) } ?? (scenario.quirks.contains(.sentinels) ? .string(sentinel) : .null)
  }

  /// The document with the oddities that concern all of it.
  func odd(_ document: JSON) -> JSON {
    var document = document
    if scenario.quirks.contains(.missingNulls) { document = document.withoutNulls }
    if scenario.quirks.contains(.textNumbers) { document = document.withTextNumbers }
    return document
  }

  /// A machine's id as Compute echoes it.
  func shown(_ id: String) -> String {
    guard scenario.quirks.contains(.upperGroups) else { return id }
    var segments = id.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    for index in segments.indices.dropLast() where segments[index].lowercased() == "resourcegroups" {
      segments[index + 1] = segments[index + 1].uppercased()
    }
    return segments.joined(separator: "/")
  }

  /// A status code of a handler or an extension.
  func shown(code: String) -> String {
    guard scenario.quirks.contains(.longCodes), code.split(separator: "/").count == 2 else { return code }
    return code + (code.hasSuffix("succeeded") ? "/0" : "/1009")
  }
}
