import CurlTransport
import FoundationEssentials
import HTTPTypes
import JSONReading
import RecoveryCore

/// One request for a token, in any of the dialects of Azure's token endpoints.
struct TokenRequest: Sendable {
  let exchange: any HTTPExchange
  let pause: Pause
  let secrets: Secrets
  let name: String

  /// Waits between tries; sources: the IMDS documentation's retry guidance, by which an update may last 70 seconds.
  private static let waits: [Duration] = [1, 2, 4, 8, 16, 20, 30].map { .seconds($0) }
  /// Tries after which what is neither an update nor a throttle is given up.
  private static let fewTries = 4

  func run(_ request: TransferRequest, retrying statuses: Set<Int>) async throws(Fault) -> AccessToken {
    let resource = ARMClient.resource(of: request.url)
    var attempt = 0
    while true {
      let fault: Fault
      var mayRetry = true
      switch await Result({ () async throws(TransportError) in try await exchange.send(request) }) {
      case .success(let answer):
        if answer.status.code == 200 { return try token(in: answer, resource) }
        let envelope = ErrorEnvelope(body: answer.body, status: answer.status.code, hiding: secrets)
        fault = Fault(
          .unauthenticated, code: envelope.code, message: "\(name): \(envelope.message)", resource: resource,
          status: answer.status.code, correlationID: answer.correlationID, retryAfter: answer.retryAfter)
        let isServerError = answer.status.code >= 500 && attempt < TokenRequest.fewTries
        mayRetry = statuses.contains(answer.status.code) || isServerError
      case .failure(let error):
        fault = Fault(
          error.code == .cancelled || error.code == .shutDown ? .stopped : .unauthenticated,
          code: "Transport.\(error.code.rawValue)", message: "\(name): \(error.message)", resource: resource)
        mayRetry = fault.kind != .stopped && attempt < 1
      }
      guard mayRetry, attempt < TokenRequest.waits.count else { throw fault }
      try await pause(min(fault.retryAfter ?? TokenRequest.waits[attempt], .seconds(30)), resource)
      attempt += 1
    }
  }

  /// Numbers may be strings: IMDS writes `"86399"`.
  private func token(in answer: TransferResponse, _ resource: String) throws(Fault) -> AccessToken {
    guard let document = try? JSONDocument(parsing: answer.body),
      let value = document.text("access_token"), !value.isEmpty
    else {
      throw Fault(
        .unauthenticated, code: "UnintelligibleAnswer", message: "\(name): the answer holds no access_token",
        resource: resource, status: answer.status.code)
    }
    let seconds = document.text("expires_in").flatMap { Int($0) } ?? 3600
    return AccessToken(value: value, lifetime: .seconds(max(60, min(seconds, 172_800))), source: name)
  }

  static func form(_ fields: [(String, String)]) -> [UInt8] {
    Array(fields.map { "\($0.0)=\(escaped($0.1))" }.joined(separator: "&").utf8)
  }

  static func escaped(_ text: String) -> String {
    var escaped = ""
    for byte in text.utf8 {
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
      let digits = String(byte, radix: 16, uppercase: true)
      escaped += isPlain ? String(Unicode.Scalar(byte)) : "%\(digits.count == 1 ? "0" : "")\(digits)"
    }
    return escaped
  }
}
