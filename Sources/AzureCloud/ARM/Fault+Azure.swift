import CurlTransport
import HTTPTypes
import RecoveryCore

/// What Azure's words mean for us. Sources: Compute's common error messages, ARM's and the async operation contract.
extension Fault {
  /// An answer that is an error.
  init(answer: TransferResponse, resource: String, hiding secrets: Secrets) {
    let status = answer.status.code
    let envelope = ErrorEnvelope(body: answer.body, status: status, hiding: secrets)
    self.init(
      Fault.kind(status: status, code: envelope.unhidden.code, message: envelope.unhidden.message), code: envelope.code,
      message: envelope.message, resource: resource, status: status, correlationID: answer.correlationID,
      retryAfter: answer.retryAfter)
  }

  /// An operation that ended badly; it says so with HTTP 200.
  init(operationEnded code: String, _ message: String, resource: String, correlationID: String?) {
    self.init(
      Fault.operationKind(code), code: code, message: message, resource: resource, correlationID: correlationID)
  }

  init(_ error: TransportError, resource: String) {
    let kind: Fault.Kind =
      switch error.code {
      case .cancelled, .shutDown: .stopped
      case .truncated, .protocolViolation, .bodyTooLarge, .headersTooLarge, .inflationTooLarge, .badCompression:
        .unintelligible
      case .invalidURL, .schemeNotAllowed: .untrusted
      default: .unreachable
      }
    self.init(kind, code: "Transport.\(error.code.rawValue)", message: error.message, resource: resource)
  }

  static func unintelligible(_ message: String, resource: String, answer: TransferResponse) -> Fault {
    Fault(
      .unintelligible, code: "UnintelligibleAnswer", message: ErrorEnvelope.clean(message), resource: resource,
      status: answer.status.code, correlationID: answer.correlationID)
  }

  static func kind(status: Int, code: String, message: String) -> Kind {
    let code = code.lowercased()
    let words = message.lowercased()
    switch status {
    case 401: return .unauthenticated
    case 403: return .forbidden
    case 404:
      return code.hasPrefix("artifact") ? .invalid : .notFound
    case 409:
      if code == "missingsubscriptionregistration" { return .invalid }
      if code == "scopelocked" { return .forbidden }
      if words.contains("when the vm is not running") { return .notRunning }
      if words.contains("marked for deletion") { return .beingDeleted }
      if words.contains("in failed state") { return .blockedByFailed }
      if words.contains("cannot update handlerversion") { return .mustRemoveFirst }
      return .busy
    case 429: return .throttled
    case 408, 500...: return .unavailable
    default:
      if words.contains("multiple vmextensions per handler") { return .duplicateHandler }
      if code == "propertychangenotallowed" || words.contains("cannot update handlerversion") {
        return .mustRemoveFirst
      }
      // Redirects are not followed: whoever sends one is not ARM.
      return status < 400 ? .unintelligible : .invalid
    }
  }

  static func operationKind(_ code: String) -> Kind {
    switch code.lowercased() {
    case "vmagentstatuscommunicationerror": .agentSilent
    case "vmextensionprovisioningerror": .guestFailed
    case "vmextensionhandlernontransienterror": .guestRefused
    case "vmextensionprovisioningtimeout": .operationTimedOut
    case "artifactnotfound", "artifactversionnotfound": .invalid
    default: .platform
    }
  }
}

extension TransferResponse {
  /// A word for a support case; whatever else stands there is not one.
  var correlationID: String? {
    let id = header("x-ms-correlation-request-id") ?? header("x-ms-request-id")
    return id.flatMap { id in
      id.utf8.count <= 128 && id.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? id : nil
    }
  }
}
