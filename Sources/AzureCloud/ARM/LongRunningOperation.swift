import CurlTransport
import HTTPTypes
package import JSONReading
import RecoveryCore

/// ARM's long-running operations. Source: Azure Resource Manager RPC contract, asynchronous operations.
struct LongRunningOperation: Sendable {
  let client: ARMClient
  let version: String

  /// What the answer to a PUT, PATCH or DELETE means.
  func begun(_ answer: TransferResponse, _ kind: OperationHandle.Kind, on resource: ResourceID) throws(Fault)
    -> Progress
  {
    let (status, location) = (answer.header("Azure-AsyncOperation"), answer.header("Location"))
    // Only one of them is asked, and each is up to 4 KB of journal.
    var handle = OperationHandle(
      resource: resource, kind: kind, statusURL: status.map { OperationURL($0) },
      locationURL: status == nil ? location.map { OperationURL($0) } : nil, correlationID: answer.correlationID)
    for url in [status, location].compactMap({ $0 }) where !client.environment.trusts(url) {
      throw Fault(
        .untrusted, code: "UntrustedHost", message: "an operation lies outside of \(client.environment.endpoint)",
        resource: resource.text)
    }
    client.connection.shareCertificate(of: &handle)
    let document = try client.document(of: answer, from: resource.text)
    if handle.statusURL != nil { return .running(handle, retryAfter: answer.retryAfter) }
    switch answer.status.code {
    case 202: return .running(handle, retryAfter: answer.retryAfter)
    case 204: return .done
    default:
      guard kind != .delete, let document else { return .done }
      let state = document["properties"]?.text("provisioningState")?.lowercased()
      return state == nil || state == "succeeded" ? .done : .running(handle, retryAfter: answer.retryAfter)
    }
  }

  func poll(_ handle: OperationHandle) async throws(Fault) -> Progress {
    do throws(Fault) {
      if let url = handle.statusURL { return try await status(url.text, handle) }
      if let url = handle.locationURL { return try await location(url.text, handle) }
      return try await resource(handle)
    } catch {
      // The operation's own address may be forgotten, or its signature expire, while its work is done: then the
      // resource tells.
      guard let status = error.status, [400, 404, 410].contains(status) else { throw error }
      return try await resource(handle)
    }
  }

  /// `status` alone decides, even beside an `error`.
  private func status(_ url: String, _ handle: OperationHandle) async throws(Fault) -> Progress {
    let answer = try await client.send(.get, url)
    let document = try client.decode(answer, from: url)
    switch OperationStatus(document) {
    case .missing:
      throw .unintelligible("the operation's answer has no status", resource: handle.resource.text, answer: answer)
    case .succeeded: return .done
    case .ended:
      let envelope = ErrorEnvelope(document, status: answer.status.code, hiding: client.secrets)
      throw Fault(
        operationEnded: envelope.code, envelope.message, resource: handle.resource.text,
        correlationID: handle.correlationID ?? answer.correlationID)
    case .running: return .running(handle, retryAfter: answer.retryAfter)
    }
  }

  private func location(_ url: String, _ handle: OperationHandle) async throws(Fault) -> Progress {
    let answer: TransferResponse
    do throws(Fault) {
      answer = try await client.send(.get, url)
    } catch {
      // Here, other than at a status address, a refusal is how the operation came out.
      guard let status = error.status, status == 409 || status == 412 || status == 422 else { throw error }
      throw Fault(
        operationEnded: error.code, error.message, resource: handle.resource.text,
        correlationID: handle.correlationID ?? error.correlationID)
    }
    guard answer.status.code == 202 else {
      // The end says nothing, or says what became of the resource. A page for people says that somebody else answers.
      try client.document(of: answer, from: url)
      return .done
    }
    var moved = handle
    if let fresh = answer.header("Location") {
      guard client.environment.trusts(fresh) else {
        throw Fault(
          .untrusted, code: "UntrustedHost", message: "an operation moved to another host",
          resource: handle.resource.text)
      }
      moved.locationURL = OperationURL(fresh)
      client.connection.shareCertificate(of: &moved)
    }
    return .running(moved, retryAfter: answer.retryAfter)
  }

  /// No address to ask: the resource's own state tells.
  private func resource(_ handle: OperationHandle) async throws(Fault) -> Progress {
    do throws(Fault) {
      let document = try await client.get(client.url(handle.resource.text, version: version))
      let state = document["properties"]?.text("provisioningState")?.lowercased() ?? "succeeded"
      switch state {
      case "succeeded":
        // A removal is done when nothing is there.
        return handle.kind == .delete ? .running(handle, retryAfter: nil) : .done
      case "failed", "canceled", "cancelled":
        throw Fault(
          .guestFailed, code: "ProvisioningState.\(state)", message: "the resource's last operation ended \(state)",
          resource: handle.resource.text, correlationID: handle.correlationID)
      default: return .running(handle, retryAfter: nil)
      }
    } catch {
      if error.kind == .notFound, handle.kind == .delete { return .done }
      guard error.kind == .notFound else { throw error }
      throw Fault(
        .unavailable, code: error.code, message: "neither the operation nor its resource is visible",
        resource: error.resource,
        status: error.status, correlationID: error.correlationID)
    }
  }
}

/// What the body at `Azure-AsyncOperation` says. Any word but the final ones means that it goes on.
package enum OperationStatus: Sendable {
  case succeeded
  /// Failed or cancelled.
  case ended
  case running
  case missing

  package init(_ document: JSONDocument) {
    switch document.text("status")?.lowercased() {
    case nil: self = .missing
    case "succeeded": self = .succeeded
    case "failed", "canceled", "cancelled": self = .ended
    default: self = .running
    }
  }
}
