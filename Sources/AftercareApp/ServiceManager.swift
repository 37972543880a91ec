import Dispatch
import Glibc
import RecoveryCore
import ServiceLifecycle
import WatchEngine

/// Tells systemd how it is, by sd_notify(3)'s protocol: a datagram to the socket that it names. Nothing is told where
/// nothing is named.
struct ServiceManager: Sendable {
  private let socket: String?
  private let watchdog: Duration?

  init(_ environment: [String: String]) {
    socket = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    let isOurs = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
    watchdog = isOurs ? environment["WATCHDOG_USEC"].flatMap { Int64($0) }.map { .microseconds($0) } : nil
  }

  func ready(_ words: String) { tell("READY=1\nSTATUS=\(words)") }
  func stopping() { tell("STOPPING=1") }

  func reloading() {
    // On Linux Dispatch's time of the host is CLOCK_MONOTONIC, which systemd wants to hear of.
    tell("RELOADING=1\nMONOTONIC_USEC=\(DispatchTime.now().uptimeNanoseconds / 1000)")
  }

  /// As often as is asked for, while the watch answers.
  func pulse(of watch: any WatchFace) -> (any Service)? {
    watchdog.map { Pulse(manager: self, watch: watch, every: $0 / 3) }
  }

  private struct Pulse: Service {
    let manager: ServiceManager
    let watch: any WatchFace
    let every: Duration

    func run() async throws {
      await cancelWhenGracefulShutdown {
        while !Task.isCancelled {
          // A fleet that does not answer any more is one that no longer heals.
          let moving = await watch.moving()
          manager.tell("WATCHDOG=1\nSTATUS=\(moving == 0 ? "all is quiet" : "\(moving) items on the move")")
          try? await Task.sleep(for: every)
        }
      }
    }
  }

  private func tell(_ words: String) {
    guard let socket else { return }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var path = Array(socket.utf8)
    // A name that begins with @ is one of the abstract name space.
    if path.first == UInt8(ascii: "@") { path[0] = 0 }
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard path.count < room else { return }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
    let handle = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard handle >= 0 else { return }
    defer { close(handle) }
    let bytes = Array(words.utf8)
    _ = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe sendto(handle, bytes, bytes.count, Int32(MSG_NOSIGNAL), pointer, length)
      }
    }
  }
}
