import RecoveryCore

/// One token for all requests: one refresh at a time, ahead of expiry, whoever asks.
public actor TokenCache {
  private let source: any TokenSource
  private var current: AccessToken?
  private var refresh: Task<Result<AccessToken, Fault>, Never>?

  public init(_ source: any TokenSource) { self.source = source }

  /// `refreshing` discards what is cached: ARM has refused it.
  func token(refreshing: Bool = false) async throws(Fault) -> AccessToken {
    if let current, !refreshing {
      if !current.wantsRefresh(.now) { return current }
      // Ahead of expiry: a refresh that fails costs nothing as long as the token holds.
      do throws(Fault) {
        return try await refreshed()
      } catch {
        if current.isValid(.now) { return current }
        throw error
      }
    }
    if refreshing { current = nil }
    return try await refreshed()
  }

  private func refreshed() async throws(Fault) -> AccessToken {
    if let refresh { return try await refresh.value.get() }
    // The task belongs to all who wait: one waiter that is cancelled does not end it for the others.
    let source = source
    let task = Task { () -> Result<AccessToken, Fault> in
      do throws(Fault) {
        return .success(try await source.token())
      } catch {
        return .failure(error)
      }
    }
    refresh = task
    let result = await task.value
    refresh = nil
    let token = try result.get()
    current = token
    return token
  }
}
