import AzureCloud
import CurlTransport
import HTTPTypes
import Synchronization

/// Answers requests in the order of a script, and keeps what was asked.
final class ScriptedExchange: HTTPExchange {
  struct Answer: Sendable {
    var status = 200
    var headers: [String: String] = [:]
    var body = "{}"
  }

  private struct State {
    var answers: [Result<Answer, TransportError>]
    var asked: [TransferRequest] = []
  }

  private let state: Mutex<State>

  init(_ answers: [Answer]) { state = Mutex(State(answers: answers.map { .success($0) })) }
  init(results: [Result<Answer, TransportError>]) { state = Mutex(State(answers: results)) }

  var asked: [TransferRequest] { state.withLock { $0.asked } }
  var urls: [String] { asked.map(\.url) }

  func send(_ request: TransferRequest) async throws(TransportError) -> TransferResponse {
    let next: Result<Answer, TransportError>? = state.withLock { state in
      state.asked.append(request)
      return state.answers.isEmpty ? nil : state.answers.removeFirst()
    }
    guard let next else {
      throw TransportError(code: .other, message: "the script is over", requestMayHaveBeenSent: false)
    }
    let answer = try next.get()
    var fields = HTTPFields()
    for (name, value) in answer.headers {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    return TransferResponse(
      status: .init(code: answer.status), fields: fields, body: Array(answer.body.utf8), url: request.url,
      version: .http11, wireBytes: answer.body.utf8.count)
  }
}
