import Hummingbird
import WatchEngine

/// What service managers and Prometheus ask.
struct Probes: Sendable {
  let source: StatusSource
  let metrics: WatchMetrics

  func add(to router: Router<BasicRequestContext>) {
    // The watch is alive when it answers; whether it can see Azure is readiness, and no reason to restart it.
    router.get("/healthz") { _, _ in
      _ = await source.watch.alerts()
      return Response.text("ok\n", as: "text/plain; charset=utf-8")
    }
    router.get("/readyz") { _, _ in
      guard let why = await source.unreadiness() else {
        return Response.text("ready\n", as: "text/plain; charset=utf-8")
      }
      return Response.problem(.serviceUnavailable, why)
    }
    router.get("/metrics") { _, _ in
      Response.text(try await metrics.exposition(of: source), as: "text/plain; version=0.0.4; charset=utf-8")
    }
  }
}
