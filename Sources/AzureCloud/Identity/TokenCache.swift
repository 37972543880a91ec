import RecoveryCore
import Synchronization

/// One token for all requests: one refresh at a time, ahead of expiry, whoever asks.
public final class TokenCache: Sendable {
  private struct State {
    var current: AccessToken?
    var refresh: Task<Result<AccessToken, Fault>, Never>?
  }

  private let source: any TokenSource
  private let state = Mutex(State())

  public init(_ source: any TokenSource) { self.source = source }

  /// `refreshing` discards what is cached: ARM has refused it.
  func token(refreshing: Bool = false) async throws(Fault) -> AccessToken {
    let current = state.withLock { state in
      if refreshing { state.current = nil }
      return state.current
    }
    guard let current else { return try await refreshed() }
    if !current.wantsRefresh(.now) { return current }
    // Ahead of expiry: a refresh that fails costs nothing as long as the token holds.
    do throws(Fault) {
      return try await refreshed()
    } catch {
      if current.isValid(.now) { return current }
      throw error
    }
  }

  private func refreshed() async throws(Fault) -> AccessToken {
    // The task belongs to all who wait: one waiter that is cancelled does not end it for the others.
    let task = state.withLock { state in
      if let refresh = state.refresh { return refresh }
      let task = Task { await refresh() }
      state.refresh = task
      return task
    }
    return try await task.value.get()
  }

  private func refresh() async -> Result<AccessToken, Fault> {
    let result = await Result { () async throws(Fault) in try await source.token() }
    state.withLock { state in
      state.refresh = nil
      if case .success(let token) = result { state.current = token }
    }
    return result
  }
}
