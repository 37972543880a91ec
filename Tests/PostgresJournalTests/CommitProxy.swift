import AftercareTesting
import Foundation
import Glibc

/// Stands between a journal and the server, and cuts or holds what it is told to, where a commit is concerned.
///
/// What a client sends is forwarded a pipeline at a time, up to the message that ends it, so that a commit is known
/// before any of it has gone on. Each connection has two threads with blocking calls.
final class CommitProxy: Sendable {
  enum Plan: Sendable {
    /// The server gets everything before the COMMIT, and then nobody is there any more.
    case cutBefore
    /// The server gets all of it, and its answer goes nowhere.
    case cutBehind
    /// The client is gone; the server gets nothing until it is delivered.
    case hold
    /// The same, and nobody is let in until the proxy is up again.
    case vanish
    /// The client is gone; the server has everything before the COMMIT, and goes on waiting.
    case hang
  }

  private struct State: Sendable {
    var plans: [Plan] = []
    /// What is held, and for which server.
    var held: [(server: Int32, bytes: [UInt8])] = []
    /// What the server said to what was held.
    var unheard: [UInt8] = []
    var pipelines: [String] = []
    var sockets: Set<Int32> = []
    var isDown = false
    var refusesTLS = false
    var isClosed = false
  }

  let port: UInt16
  private let server: UInt16
  private let listener: Int32
  private let state = Guarded(State())

  init(to server: UInt16) throws {
    self.server = server
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var address = CommitProxy.loopback(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, size) + listen(listener, 64) + getsockname(listener, address, &size)
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard code == 0 else { throw SystemFailure(call: "bind, listen", errno: errno) }
    Thread.detachNewThread { self.acceptAll() }
  }

  /// What the next commits meet, in order; those behind pass.
  func meet(_ plans: Plan...) { state.withLock { $0.plans += plans } }

  /// Ends whoever is connected, and lets nobody in until it is up again.
  func goDown() { goDown(besides: -1) }

  private func goDown(besides kept: Int32) {
    let sockets = state.withLock { state in
      state.isDown = true
      return state.sockets.subtracting([kept])
    }
    for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
  }

  /// As a server without TLS answers who asks for it.
  func refuseTLS() { state.withLock { $0.refusesTLS = true } }

  func comeUp() { state.withLock { $0.isDown = false } }

  /// The statements of each pipeline that writes under a fence, or asks what became of one.
  var pipelines: [String] { state.withLock { $0.pipelines } }

  /// Hands the server what was held, and returns what it says to that.
  func deliver() async -> String {
    guard let held = state.withLock({ $0.held.popLast() }) else { return "" }
    CommitProxy.write(held.bytes[...], to: held.server)
    while true {
      let answer = state.withLock { $0.unheard }
      // `ReadyForQuery` ends it.
      if answer.count >= 6, answer[answer.count - 6] == UInt8(ascii: "Z") {
        shutdown(held.server, Int32(SHUT_RDWR))
        Glibc.close(held.server)
        return String(decoding: answer, as: UTF8.self)
      }
      await Task.yield()
    }
  }

  /// Ends the connections that the server still waits on.
  func drop() {
    for held in state.withLock({ state in
      defer { state.held = [] }
      return state.held
    }) {
      shutdown(held.server, Int32(SHUT_RDWR))
      Glibc.close(held.server)
    }
  }

  func close() {
    let sockets = state.withLock { state in
      state.isClosed = true
      return state.sockets
    }
    shutdown(listener, Int32(SHUT_RDWR))
    for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    drop()
  }

  // MARK: - Connections

  private func acceptAll() {
    while true {
      let client = accept(listener, nil, nil)
      let (isClosed, isDown) = state.withLock { ($0.isClosed, $0.isDown) }
      if isClosed || client < 0 { break }
      let upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = CommitProxy.loopback(server)
      let code = withUnsafePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(upstream, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard !isDown, code == 0 else {
        Glibc.close(client)
        Glibc.close(upstream)
        continue
      }
      state.withLock { $0.sockets.formUnion([client, upstream]) }
      let isCut = Guarded(false)
      Thread.detachNewThread { self.forward(client, to: upstream, isCut) }
      Thread.detachNewThread { self.answer(upstream, to: client, isCut) }
    }
    Glibc.close(listener)
  }

  /// Server to client, unless the client's side was cut meanwhile.
  private func answer(_ upstream: Int32, to client: Int32, _ isCut: Guarded<Bool>) {
    while let bytes = CommitProxy.read(upstream) {
      if isCut.withLock({ $0 }) {
        // Its COMMIT is done once it says so; then nobody hears it.
        if String(decoding: bytes, as: UTF8.self).contains("COMMIT\0") { break }
        state.withLock { $0.unheard += bytes }
        continue
      }
      CommitProxy.write(bytes[...], to: client)
    }
    end(client)
  }

  private func forward(_ client: Int32, to upstream: Int32, _ isCut: Guarded<Bool>) {
    var buffer: [UInt8] = []
    var pipeline: [[UInt8]] = []
    var isStarting = true
    while let bytes = CommitProxy.read(client) {
      buffer += bytes
      while let message = CommitProxy.message(&buffer, isStarting: isStarting) {
        if isStarting, message == CommitProxy.wishForTLS, state.withLock({ $0.refusesTLS }) {
          CommitProxy.write([UInt8(ascii: "N")], to: client)
          continue
        }
        let kind = isStarting ? 0 : message[0]
        isStarting = false
        let isHeldBack = "PBDEC".utf8.contains(kind)
        pipeline.append(message)
        if isHeldBack { continue }
        guard pass(pipeline, from: client, to: upstream, isCut) else { return }
        pipeline = []
      }
    }
    shutdown(upstream, Int32(SHUT_RDWR))
    end(upstream)
  }

  /// False when the connection is over for this side.
  private func pass(_ pipeline: [[UInt8]], from client: Int32, to upstream: Int32, _ isCut: Guarded<Bool>) -> Bool {
    let statements = pipeline.compactMap { message in
      message.first == UInt8(ascii: "P")
        ? String(decoding: message.dropFirst(6).prefix { $0 != 0 }, as: UTF8.self) : nil
    }
    let plan = state.withLock { state -> Plan? in
      let text = statements.joined(separator: "\n")
      guard text.contains("aftercare_fence(") || text.contains("aftercare_settle(") else { return nil }
      state.pipelines.append(text)
      return text.contains("aftercare_fence(") && !state.plans.isEmpty ? state.plans.removeFirst() : nil
    }
    let all = pipeline.flatMap { $0 }
    let commit = pipeline.firstIndex { message in
      message.first == UInt8(ascii: "P") && String(decoding: message, as: UTF8.self).contains("COMMIT\0")
    }
    let before = pipeline.prefix(commit ?? 0).flatMap { $0 }
    switch plan {
    case nil:
      CommitProxy.write(all[...], to: upstream)
      return true
    case .cutBefore:
      CommitProxy.write(before[...], to: upstream)
      shutdown(client, Int32(SHUT_RDWR))
      shutdown(upstream, Int32(SHUT_RDWR))
      end(upstream)
      return false
    case .cutBehind:
      isCut.withLock { $0 = true }
      CommitProxy.write(all[...], to: upstream)
      // The other thread ends both once the server has answered.
      return true
    case .hold, .vanish, .hang:
      if plan == .vanish { goDown(besides: upstream) }
      isCut.withLock { $0 = true }
      // The bytes of a hold are sent later by a descriptor of its own.
      let copy = dup(upstream)
      if plan == .hang { CommitProxy.write(before[...], to: upstream) }
      let bytes = plan == .hang ? [] : all
      state.withLock { $0.held.append((copy, bytes)) }
      shutdown(client, Int32(SHUT_RDWR))
      state.withLock { _ = $0.sockets.remove(upstream) }
      return false
    }
  }

  private func end(_ descriptor: Int32) {
    state.withLock { _ = $0.sockets.remove(descriptor) }
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  // MARK: - Bytes

  /// `SSLRequest`: its length and its code.
  private static let wishForTLS: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  /// One message of the front end: a letter, but for the first one, and a length.
  private static func message(_ buffer: inout [UInt8], isStarting: Bool) -> [UInt8]? {
    let head = isStarting ? 0 : 1
    guard buffer.count >= head + 4 else { return nil }
    let length = buffer[head..<head + 4].reduce(0) { $0 << 8 | Int($1) } + head
    guard buffer.count >= length else { return nil }
    defer { buffer.removeFirst(length) }
    return Array(buffer.prefix(length))
  }

  private static func read(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}

/// Runs `body` with a proxy before the schema's server, and the URL that leads through it.
func withProxy(_ schema: TestSchema, _ body: (CommitProxy, String) async throws -> Void) async throws {
  let address = try DatabasePort.of(schema.url)
  let proxy = try CommitProxy(to: address)
  defer { proxy.close() }
  try await body(
    proxy, schema.url.replacing(":\(address)/", with: ":\(proxy.port)/") + "&sslmode=disable")
}

enum DatabasePort {
  static func of(_ url: String) throws -> UInt16 {
    guard let port = URLComponents(string: url)?.port else { throw Server.Missing() }
    return UInt16(port)
  }
}
