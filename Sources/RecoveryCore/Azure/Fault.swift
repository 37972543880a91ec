/// What went wrong when Azure was asked for something: closed in kind, so that decisions can be made on it, and with
/// the cloud's own words, so that a person can.
///
/// Not a fault: a 404 for something whose absence is an answer (a machine, an extension to be removed), and a failing
/// poll of a running operation, which says nothing of the operation.
public struct Fault: Error, Hashable, Sendable, Codable {
  public var kind: Kind
  /// ARM's or the token endpoint's error code, or the transport's.
  public var code: String
  public var message: String
  /// The resource or address that was asked, never with a query or a secret.
  public var resource: String
  public var status: Int?
  /// `x-ms-correlation-request-id`: what a support case wants.
  public var correlationID: String?
  /// How long the cloud asked to be left alone.
  public var retryAfterMilliseconds: Int64?

  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// No token could be had, or ARM did not take it.
    case unauthenticated
    /// 403: a role is missing, or was assigned minutes ago.
    case forbidden
    /// 404 for something that must exist.
    case notFound
    /// What is needed for a step is not known here: nothing was asked of Azure.
    case unsupplied
    /// 400 and the like: the request itself is wrong, and will be tomorrow.
    case invalid
    /// 409: another operation on the machine is running, or it is changing its power state.
    case busy
    /// 409: the machine does not run.
    case notRunning
    /// 409: what is asked about is marked for deletion.
    case beingDeleted
    /// 409: another extension of the machine, in failed state, is in the way.
    case blockedByFailed
    /// 400: the machine has an extension of this kind under another name.
    case duplicateHandler
    /// 400: an existing extension cannot be changed into what is wanted; it must be removed first.
    case mustRemoveFirst
    /// 429.
    case throttled
    /// The operation failed in the guest: the handler said so.
    case guestFailed
    /// The operation failed in the guest, and the handler said that it always will.
    case guestRefused
    /// The operation failed because the guest agent did not answer.
    case agentSilent
    /// The operation took longer than it may.
    case operationTimedOut
    /// The operation was cancelled, or failed inside the platform.
    case platform
    /// 5xx.
    case unavailable
    /// The network: no connection, a reset, a stall.
    case unreachable
    /// The answer is not what the API promises: HTML, half a body, garbage.
    case unintelligible
    /// The answer names a host that may not be trusted.
    case untrusted
    /// This process was told to stop while it waited.
    case stopped
  }

  public init(
    _ kind: Kind, code: String, message: String, resource: String, status: Int? = nil, correlationID: String? = nil,
    retryAfter: Duration? = nil
  ) {
    self.kind = kind
    self.code = code
    self.message = message
    self.resource = resource
    self.status = status
    self.correlationID = correlationID
    self.retryAfterMilliseconds = retryAfter?.inMilliseconds
  }

  /// Why an extension cannot be rebuilt.
  public init(_ obstacle: DesiredExtension.Obstacle, of wanted: DesiredExtension) {
    let message =
      switch obstacle {
      case .protectedSettingsUnknown:
        "\(wanted.kind) has protected settings, which no read returns, and the configuration does not say where they are"
      case .versionUnknown: "no baseline and no profile says which version of \(wanted.kind) to install"
      }
    self.init(.unsupplied, code: obstacle.rawValue, message: message, resource: "extension \(wanted.name)")
  }

  /// Our own budget is spent: nothing was asked of Azure, and it is no news to anybody.
  public var isPutOff: Bool { kind == .throttled && status == nil }

  public var retryAfter: Duration? { retryAfterMilliseconds.map { .milliseconds($0) } }

  /// How a failed step goes on.
  public enum Course: Sendable {
    /// It will pass: try again soon, however often it takes within the step's deadline.
    case passes
    /// It may pass: try again, and count.
    case counts
    /// It will not pass by itself.
    case final
  }

  public var course: Course {
    switch kind {
    case .busy, .notRunning, .beingDeleted, .blockedByFailed, .throttled, .unavailable, .unreachable,
      .unintelligible, .stopped:
      .passes
    case .guestFailed, .agentSilent, .operationTimedOut, .platform, .forbidden, .unauthenticated, .mustRemoveFirst,
      .duplicateHandler:
      .counts
    case .notFound, .invalid, .unsupplied, .untrusted, .guestRefused: .final
    }
  }

  /// What a person can do about it, in one sentence.
  public var remedy: String {
    switch kind {
    case .unauthenticated:
      "Check the identity in the configuration and that the token endpoint can be reached from this host."
    case .forbidden:
      "Grant the identity the action that the message names at the scope it names; a new role assignment takes up to 10 minutes."
    case .notFound: "Check the id in the configuration; it does not exist, or the identity may not see it."
    case .unsupplied:
      "Name the extension in a profile: its version, and protectedSettingsFromKeyVault or protectedSettingsFile."
    case .invalid: "Correct what the message names in the profile; it fails in the same way every time."
    case .busy, .beingDeleted: "Nothing: another operation on the machine is running and is waited for."
    case .notRunning: "Start the machine; it is looked at again until it runs."
    case .blockedByFailed: "Repair or remove the failed extension that the message names."
    case .duplicateHandler: "Nothing: the extension that exists under another name is taken over."
    case .mustRemoveFirst: "Nothing: the extension is removed and installed again."
    case .throttled: "Nothing: the request is repeated when Azure allows it."
    case .guestFailed, .guestRefused: "Read the extension's log in the guest; the message has the handler's own words."
    case .agentSilent: "Check the guest agent in the machine."
    case .operationTimedOut: "Look at the machine's activity log for the operation."
    case .platform, .unavailable: "Nothing: it is Azure's side, and is repeated; see Azure status if it lasts."
    case .unreachable: "Check the network, name resolution and proxies of this host."
    case .unintelligible:
      "Something between this host and Azure answers in its place: check proxies, and the endpoint in the configuration."
    case .untrusted: "Report this: an answer named a host outside the configured cloud; no token was sent to it."
    case .stopped: "Nothing: it is taken up again at the next start."
    }
  }
}

extension Fault: CustomStringConvertible {
  public var description: String {
    let answer = status.map { " (HTTP \($0))" } ?? ""
    return "\(code)\(answer) for \(resource): \(message)"
  }
}
