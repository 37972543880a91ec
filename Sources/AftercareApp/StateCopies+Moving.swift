import JournalFormat
public import RecoveryCore

extension StateCopies {
  /// Copies the whole state into a place where none is yet, while no daemon uses either.
  /// - Parameter isBack: a place that is not named is the configured one: from its directory into its database, or back.
  public func copy(from: String?, to: String?, isBack: Bool) async throws(JournalError) -> String {
    let source = try place(from, isDatabase: isBack)
    let target = try place(to, isDatabase: !isBack)
    guard source != target else {
      throw JournalError(.cannotOpen, "both places are the same one: name another with --from or --to")
    }
    let assembly = Assembly(configuration: configuration)
    // The source may be read for long before it is found whole.
    let here = try await source.source(assembly)
    let there: any ArchiveTarget
    do throws(JournalError) {
      there = try await target.target(assembly)
    } catch {
      await here.close()
      throw error
    }
    let summary = try await ArchiveCopy(from: here, to: there).run()
    return """
      copied from \(here.place) to \(there.place):
      \(StateCopies.words(summary))
      `aftercare run` goes on there when \(target.use).
      The source is as it was: move it away when the new place has proved itself. Start no daemon on it: neither would \
      know of the other.
      """
  }

  private func place(_ text: String?, isDatabase: Bool) throws(JournalError) -> StatePlace {
    if let text { return try StatePlace(text, configuration: configuration) }
    return isDatabase ? try StatePlace(configuredDatabase: configuration) : StatePlace(directory: configuration.state)
  }

  private static func words(_ summary: ArchiveCopy.Summary) -> String {
    var lines = ArchiveTable.allCases.filter { $0 != .event }.map { table in
      ArchiveHoldings.Count(table.rawValue, summary.counts[table] ?? 0).words
    }
    lines.append(
      ArchiveHoldings.Count("event", summary.counts[.event] ?? 0).words + ", the last number is \(summary.lastEvent)")
    lines.append(ArchiveHoldings.Count("operator_order", summary.orders).words + ", open: \(summary.openOrders)")
    lines.append(ArchiveHoldings.Count("sink", summary.sinks).words + ", each with its place in the story")
    if summary.addressesLost > 0 {
      lines.append(
        "without their addresses: \(ArchiveHoldings.Count("running operation", summary.addressesLost).words), which "
          + "will be followed by the state of their resources. The key of one place is not known: journal.secret of a "
          + "database, journal.key in a directory")
    }
    return lines.map { "  \($0)" }.joined(separator: "\n")
  }
}
