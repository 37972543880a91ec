import Glibc

/// An HTTP/1.1 peer on 127.0.0.1 that does what a test tells it, wrong things included.
///
/// Each connection has a thread of its own with blocking calls: slow, and easy to trust. Whoever makes it closes it.
public final class LoopbackServer: Sendable {
  public typealias Handler = @Sendable (ReceivedRequest) -> [ServerAction]

  private struct State: Sendable {
    var requests: [ReceivedRequest] = []
    var connections = 0
    var hangUps = 0
    var threads: [pthread_t] = []
    var hangUpWaiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    var requestWaiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  public let port: UInt16
  private let handler: Handler
  private let listener: Int32
  private let released: Gate
  private let closing: Gate
  private let state = Guarded(State())

  public init(_ handler: @escaping Handler) throws {
    self.handler = handler
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    released = try Gate()
    closing = try Gate()
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let code = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, size) + listen(listener, 512) + getsockname(listener, address, &size)
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard code == 0 else { throw SystemFailure(call: "bind, listen", errno: errno) }
    spawn { $0.acceptAll() }
  }

  public func url(_ target: String = "/") -> String { "http://127.0.0.1:\(port)\(target)" }

  public var requests: [ReceivedRequest] { state.withLock { $0.requests } }
  public var connectionCount: Int { state.withLock { $0.connections } }
  /// Connections that the client ended while the server was sending or stalling.
  public var hangUps: Int { state.withLock { $0.hangUps } }

  /// Returns once so many requests have come.
  public func requestsReached(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isReached = state.withLock { state in
        if state.requests.count < count { state.requestWaiters.append((count, continuation)) }
        return state.requests.count >= count
      }
      if isReached { continuation.resume() }
    }
  }

  /// Returns once the client has hung up so many times.
  public func hangUpsReached(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isReached = state.withLock { state in
        if state.hangUps < count { state.hangUpWaiters.append((count, continuation)) }
        return state.hangUps >= count
      }
      if isReached { continuation.resume() }
    }
  }

  /// Lets every stalled connection go on, those to come as well.
  public func release() { released.open() }

  /// Ends every connection and thread. Once.
  public func close() {
    closing.open()
    while let thread = state.withLock({ $0.threads.popLast() }) { pthread_join(thread, nil) }
    Glibc.close(listener)
    released.destroy()
    closing.destroy()
    let waiters = state.withLock { $0.hangUpWaiters + $0.requestWaiters }
    for waiter in waiters { waiter.continuation.resume() }
  }

  private func spawn(_ body: @escaping @Sendable (LoopbackServer) -> Void) {
    let work = Unmanaged.passRetained(Work(server: self, body: body))
    state.withLock { state in
      var thread = pthread_t()
      let code = pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          let work = Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
          work.body(work.server)
          return nil
        }, work.toOpaque())
      precondition(code == 0, "no thread for the test server")
      state.threads.append(thread)
    }
  }

  private final class Work: Sendable {
    let server: LoopbackServer
    let body: @Sendable (LoopbackServer) -> Void

    init(server: LoopbackServer, body: @escaping @Sendable (LoopbackServer) -> Void) {
      self.server = server
      self.body = body
    }
  }

  private func acceptAll() {
    while isReadable(listener) {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { continue }
      let number = state.withLock { state in
        defer { state.connections += 1 }
        return state.connections
      }
      spawn { server in
        server.serve(connection, number: number)
        Glibc.close(connection)
      }
    }
  }

  private func serve(_ connection: Int32, number: Int) {
    var reader = RequestReader()
    var ordinal = 0
    while true {
      while let (head, body) = reader.next() {
        let request = ReceivedRequest(connection: number, ordinal: ordinal, head: head, body: body)
        ordinal += 1
        let ready = state.withLock { state in
          state.requests.append(request)
          let count = state.requests.count
          let ready = state.requestWaiters.filter { $0.count <= count }
          state.requestWaiters.removeAll { $0.count <= count }
          return ready
        }
        for waiter in ready { waiter.continuation.resume() }
        for action in handler(request) where !perform(action, on: connection) { return }
      }
      guard isReadable(connection) else { return }
      var buffer = [UInt8](repeating: 0, count: 64 << 10)
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      reader.take(buffer[..<count])
    }
  }

  /// False if the connection is over.
  private func perform(_ action: ServerAction, on connection: Int32) -> Bool {
    switch action {
    case .send(let bytes):
      var rest = bytes[...]
      while !rest.isEmpty {
        guard isReady(connection, for: POLLOUT) else { return false }
        let count = rest.withUnsafeBytes { bytes in
          send(connection, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        guard count > 0 else {
          noteHangUp()
          return false
        }
        rest = rest.dropFirst(count)
      }
      return true
    case .pause(let milliseconds):
      var watched = pollfd(fd: closing.readable, events: Int16(POLLIN), revents: 0)
      return poll(&watched, 1, milliseconds) == 0
    case .stall:
      var watched = [
        pollfd(fd: closing.readable, events: Int16(POLLIN), revents: 0),
        pollfd(fd: released.readable, events: Int16(POLLIN), revents: 0),
        // A client that hangs up makes the socket readable; one that sends more meanwhile is not expected.
        pollfd(fd: connection, events: Int16(POLLIN), revents: 0),
      ]
      poll(&watched, 3, -1)
      if watched[0].revents != 0 { return false }
      if watched[1].revents != 0 { return true }
      noteHangUp()
      return false
    case .close:
      return false
    case .reset:
      var now = linger(l_onoff: 1, l_linger: 0)
      setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
      return false
    }
  }

  private func noteHangUp() {
    let ready = state.withLock { state in
      state.hangUps += 1
      let count = state.hangUps
      let ready = state.hangUpWaiters.filter { $0.count <= count }
      state.hangUpWaiters.removeAll { $0.count <= count }
      return ready
    }
    for waiter in ready { waiter.continuation.resume() }
  }

  private func isReadable(_ descriptor: Int32) -> Bool { isReady(descriptor, for: POLLIN) }

  /// Waits; false once the server closes.
  private func isReady(_ descriptor: Int32, for event: Int32) -> Bool {
    var watched = [
      pollfd(fd: closing.readable, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: Int16(event), revents: 0),
    ]
    poll(&watched, 2, -1)
    return watched[0].revents == 0
  }
}
