import RecoveryCore

/// What the journal knows of the items.
struct Memory: Sendable {
  private var journal: (any Journal)?
  private var states: [ItemKey: ItemState] = [:]
  private var index = ItemIndex()

  /// Reads it beside a running daemon, or without one. Nil in the journal's place when there is none.
  static func read(_ configuration: Configuration) async -> (Memory, CheckResult) {
    let path = configuration.state + "/journal.sqlite"
    var memory = Memory()
    guard HostChecks.exists(path) else {
      return (
        memory, .pass(.journal, path, "none yet: the first start makes it, and what was learned is not known before")
      )
    }
    do throws(JournalError) {
      let journal = try Assembly(configuration: configuration).journalForReading()
      let image = try await journal.load()
      memory.journal = journal
      for state in image.items where !state.key.isDrill {
        memory.states[state.key] = state
        memory.index.update(state)
      }
      return (memory, .pass(.journal, path, "opens; \(memory.states.count) items"))
    } catch {
      let remedy =
        switch error.code {
        case .tooNew: "Use the aftercare that wrote it, or a newer one."
        case .damaged: "aftercare state restore, from a backup."
        default: "Start `aftercare run` once, as the user that owns the directory."
        }
      return (memory, .fail(.journal, path, error.message, remedy: remedy))
    }
  }

  func state(of item: ProtectedItem) -> (key: ItemKey, state: ItemState?) {
    let key = index.key(of: item)
    return (key, states[key])
  }

  func baseline(of key: ItemKey) async -> Baseline? {
    (try? await journal?.baseline(of: key)) ?? nil
  }
}
