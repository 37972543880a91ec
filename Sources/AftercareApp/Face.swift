import Logging
import ServiceLifecycle

/// A face of the watch that may fail: then it is said, and the watch goes on.
struct Face: Service {
  private let base: any Service
  private let logger: Logger

  init(_ base: any Service, logger: Logger) {
    self.base = base
    self.logger = logger
  }

  func run() async throws {
    do {
      try await base.run()
    } catch {
      logger.error(
        "the status page cannot be served",
        metadata: [
          "cause": "\(error)", "remedy": "Choose another listener.port, or stop what listens there; the watch goes on.",
        ])
      try await gracefulShutdown()
    }
  }
}
