import Hummingbird
import NIOCore
import RecoveryCore
import Reporting
import WatchEngine

/// The pages for people: whole without JavaScript, live with it.
struct Pages: Sendable {
  let source: StatusSource

  func add(to router: Router<BasicRequestContext>) {
    router.get("/") { _, _ in
      Pages.html(FleetPage(await source.snapshot(), mode: source.mode, version: source.version).html)
    }
    router.get("/machine") { request, _ in
      guard let story = try await MachineStory(request, source) else {
        throw HTTPError(.notFound, message: "no watched item or machine is called that; the fleet is at /")
      }
      return Pages.html(MachinePage(story).html)
    }
    router.get("/failovers") { _, _ in
      Pages.html(FailoverListPage(records: try await source.journal.failovers(last: 200)).html)
    }
    router.get("/failovers/{id}") { _, context in
      guard let id = context.parameters.get("id"), let report = try await source.report(of: id) else {
        throw HTTPError(.notFound, message: "no failover is called that; /failovers lists them")
      }
      return Response.text(report.html, as: "text/html; charset=utf-8")
    }
    router.get("/live.js") { _, _ in Response.text(LiveScript.text, as: "text/javascript; charset=utf-8") }
  }

  private static func html(_ page: HTML) -> Response { .text(page.text, as: "text/html; charset=utf-8") }
}

extension MachineStory {
  /// The item that `?item=` names.
  init?(_ request: Request, _ source: StatusSource) async throws {
    guard let subject = request.uri.queryParameters.get("item") else { return nil }
    try await self.init(of: subject, in: await source.watch.states(), source.journal)
  }
}
