import FoundationEssentials
import RecoveryCore

/// The error that an answer carries, in any of the shapes that ARM, resource providers and gateways use.
///
/// Source: Azure Resource Manager RPC contract, "Error response content". The innermost `details` entry is the cause.
struct ErrorEnvelope {
  var code: String
  var message: String

  init(body: [UInt8], status: Int) {
    if let document = JSONValue(parsing: body) {
      self.init(document, status: status)
    } else if body.isEmpty {
      self.init(code: "HTTP\(status)", message: "the answer has no body")
    } else {
      self.init(code: "HTTP\(status)", message: "the answer is not JSON: \(ErrorEnvelope.excerpt(body))")
    }
  }

  init(code: String, message: String) {
    self.code = code
    self.message = ErrorEnvelope.clean(message)
  }

  init(_ document: JSONValue, status: Int) {
    // `{"error": {…}}`, the bare `{"code", "message"}`, and OAuth's `{"error": "…", "error_description": "…"}`.
    if case .string(let code)? = document["error"] {
      self.init(code: code, message: document["error_description"]?.text ?? "")
      return
    }
    var error = document["error"] ?? document
    var code = error["code"]?.text
    var message = error["message"]?.text
    for _ in 0..<8 {
      guard case .array(let details)? = error["details"], let inner = details.first(where: { $0["code"] != nil }) else {
        break
      }
      code = inner["code"]?.text ?? code
      message = inner["message"]?.text ?? message
      error = inner
    }
    if case .string(let details)? = error["details"] {
      message = [message, details].compactMap { $0 }.joined(separator: " ")
    }
    // JSON again, as text inside of the message.
    if let text = message, text.hasPrefix("{"),
      let nested = JSONValue(parsing: text.utf8)
    {
      let inner = ErrorEnvelope(nested, status: status)
      if inner.code != "HTTP\(status)" { (code, message) = (inner.code, inner.message) }
    }
    self.init(code: code ?? "HTTP\(status)", message: message ?? "")
  }

  private static func excerpt(_ body: [UInt8]) -> String { clean(String(decoding: body.prefix(200), as: UTF8.self)) }

  /// Nothing that an answer says may break a log line or fill a journal.
  static func clean(_ text: String) -> String {
    String(
      String.UnicodeScalarView(text.unicodeScalars.prefix(1000).map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }
}

extension JSONValue {
  /// A member, whatever the case of its name.
  subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    if let value = members[name] { return value == .null ? nil : value }
    return members.first { $0.key.lowercased() == name.lowercased() && $0.value != .null }?.value
  }

  var text: String? {
    switch self {
    case .string(let text): text
    case .integer(let number): String(number)
    case .bool(let flag): String(flag)
    case .null, .number, .array, .object: nil
    }
  }

  var elements: [JSONValue] {
    if case .array(let elements) = self { return elements }
    return []
  }
}
