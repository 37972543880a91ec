import RecoveryCore
import Synchronization

/// Who lives and who holds which vault, in memory; and the number of the last event of all vaults.
final class MemoryLeases: Leases {
  private struct Row {
    var token: Int64 = 0
    var holder: InstanceID?
    var expires: Timestamp?
  }

  private struct Seen {
    var instance: Instance
    var at: Timestamp
    var span: Duration
  }

  private struct State {
    var rows: [ResourceID: Row] = [:]
    var instances: [InstanceID: Seen] = [:]
    var lastNumber: Int64 = 0
  }

  private let span: Duration
  private let clock: @Sendable () -> Timestamp
  private let state = Mutex(State())

  init(span: Duration, clock: @escaping @Sendable () -> Timestamp) {
    self.span = span
    self.clock = clock
  }

  // MARK: - For journals

  func acquire(_ vault: ResourceID, for holder: InstanceID) throws(JournalError) -> Fence {
    let now = clock()
    return try state.withLock { state throws(JournalError) in
      var row = state.rows[vault] ?? Row()
      if let other = row.holder, other != holder, let expires = row.expires, expires > now {
        throw JournalError(
          .locked, "vault \(vault.key) is looked after by instance \(other) for another \((expires - now).brief)")
      }
      row.token += 1
      row.holder = holder
      row.expires = now + span
      state.rows[vault] = row
      return Fence(token: row.token)
    }
  }

  func check(_ fence: Fence, of vault: ResourceID) throws(JournalError) {
    let token = state.withLock { $0.rows[vault]?.token ?? 0 }
    guard fence.token == token, token > 0 else {
      throw JournalError(.fenced, "the journal of \(vault.key) belongs to another holder")
    }
  }

  func nextNumber() -> Int64 {
    state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
  }

  // MARK: - Leases

  private static let remembersSilent = Duration.seconds(86_400)

  func beat(
    _ instance: Instance, renewing held: [ResourceID: Fence], wanting vaults: Set<ResourceID>, for span: Duration
  ) async throws(JournalError) -> LeasePicture {
    let now = clock()
    return state.withLock { state in
      state.instances[instance.id] = Seen(instance: instance, at: now, span: span)
      state.instances = state.instances.filter { now - $0.value.at <= MemoryLeases.remembersSilent }
      var renewed: Set<ResourceID> = []
      for (vault, fence) in held {
        guard let row = state.rows[vault], row.holder == instance.id, row.token == fence.token else { continue }
        state.rows[vault]?.expires = now + span
        renewed.insert(vault)
      }
      return picture(state, renewed: renewed, at: now)
    }
  }

  func release(_ vault: ResourceID, fence: Fence) async throws(JournalError) {
    state.withLock { state in
      guard state.rows[vault]?.token == fence.token else { return }
      state.rows[vault]?.holder = nil
      state.rows[vault]?.expires = nil
    }
  }

  func leave(_ instance: InstanceID) async throws(JournalError) {
    state.withLock { state in
      state.instances[instance] = nil
      for (vault, row) in state.rows where row.holder == instance {
        state.rows[vault]?.holder = nil
        state.rows[vault]?.expires = nil
      }
    }
  }

  func picture() async throws(JournalError) -> LeasePicture {
    let now = clock()
    return state.withLock { picture($0, renewed: [], at: now) }
  }

  func lease(of vault: ResourceID) -> LeasePicture.Lease? {
    let now = clock()
    return state.withLock { state in state.rows[vault].map { lease(of: vault, $0, at: now) } }
  }

  private func picture(_ state: State, renewed: Set<ResourceID>, at now: Timestamp) -> LeasePicture {
    LeasePicture(
      at: now,
      instances: state.instances.values.map { seen in
        LeasePicture.Presence(
          instance: seen.instance, silentFor: now - seen.at, isAlive: seen.at + seen.span > now)
      }.sorted { $0.instance.id < $1.instance.id },
      leases: state.rows.map { lease(of: $0.key, $0.value, at: now) }.sorted { $0.vault < $1.vault },
      renewed: renewed)
  }

  private func lease(of vault: ResourceID, _ row: Row, at now: Timestamp) -> LeasePicture.Lease {
    LeasePicture.Lease(
      vault: vault, holder: row.holder, fence: Fence(token: row.token),
      remaining: row.expires.map { $0 - now } ?? .zero)
  }
}
