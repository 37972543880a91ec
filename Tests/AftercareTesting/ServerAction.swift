/// What a loopback server does in answer to a request, one after another.
public enum ServerAction: Sendable {
  case send([UInt8])
  case pause(milliseconds: Int32)
  /// Nothing, until the server is released or closed, or the client hangs up.
  case stall
  /// An orderly end of the connection.
  case close
  /// An end by RST, as from a peer that crashed.
  case reset

  public static func text(_ text: String) -> ServerAction { .send(Array(text.utf8)) }

  /// A whole answer with a length.
  public static func answer(_ status: String = "200 OK", _ fields: String..., body: [UInt8] = []) -> ServerAction {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)"] + fields
    return .send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
  }
}
