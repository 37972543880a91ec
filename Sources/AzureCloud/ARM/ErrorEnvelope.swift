import FoundationEssentials
import JSONReading

/// The error that an answer carries, in any of the shapes that ARM, resource providers and gateways use.
///
/// Source: Azure Resource Manager RPC contract, "Error response content". The innermost `details` entry is the cause.
package struct ErrorEnvelope {
  package var code: String
  package var message: String
  /// As they came, for what they mean: what is hidden might have been the word that matters. Never to be told.
  private(set) var unhidden: (code: String, message: String)

  package init(body: [UInt8], status: Int, hiding secrets: Secrets) {
    if let document = try? JSONDocument(parsing: body) {
      self.init(document, status: status, hiding: secrets)
    } else if body.isEmpty {
      self.init(code: "HTTP\(status)", message: "the answer has no body", hiding: secrets)
    } else {
      let start = String(decoding: body.prefix(200), as: UTF8.self)
      self.init(code: "HTTP\(status)", message: "the answer is not JSON: \(start)", hiding: secrets)
    }
  }

  private init(code: String, message: String, hiding secrets: Secrets) {
    self.code = ErrorEnvelope.told(code, atMost: 100, hiding: secrets)
    self.message = ErrorEnvelope.told(message, atMost: 1000, hiding: secrets)
    unhidden = (code, message)
  }

  init(_ document: JSONDocument, status: Int, hiding secrets: Secrets) {
    // `{"error": {…}}`, the bare `{"code", "message"}`, and OAuth's `{"error": "…", "error_description": "…"}`.
    if let code = document["error"]?.string {
      let message = document.text("error_description") ?? ""
      self.init(code: code.isEmpty ? "HTTP\(status)" : code, message: message, hiding: secrets)
      return
    }
    var error = document["error"] ?? document
    var code = error.text("code")
    var message = error.text("message")
    for _ in 0..<8 {
      guard let inner = error["details"]?.elements.first(where: { $0["code"] != nil }) else { break }
      code = inner.text("code") ?? code
      message = inner.text("message") ?? message
      error = inner
    }
    if let details = error["details"]?.string {
      message = [message, details].compactMap { $0 }.joined(separator: " ")
    }
    // JSON again, as text inside of the message.
    if let text = message, text.hasPrefix("{"),
      let nested = try? JSONDocument(parsing: Array(text.utf8))
    {
      let inner = ErrorEnvelope(nested, status: status, hiding: secrets)
      if inner.code != "HTTP\(status)" { (code, message) = inner.unhidden }
    }
    // A code without a letter says less than the status.
    self.init(
      code: code.flatMap { $0.isEmpty ? nil : $0 } ?? "HTTP\(status)", message: message ?? "", hiding: secrets)
  }

  /// Hidden before anything is cut off, because half a secret would not be found any more; and once more when control
  /// characters have become spaces, because that may make one.
  private static func told(_ text: String, atMost most: Int, hiding secrets: Secrets) -> String {
    clean(secrets.hide(in: clean(secrets.hide(in: text), atMost: .max)), atMost: most)
  }

  /// Nothing that an answer says may break a log line or fill a journal.
  static func clean(_ text: String, atMost most: Int = 1000) -> String {
    String(
      String.UnicodeScalarView(text.unicodeScalars.prefix(most).map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }
}
