import AftercareTesting
import CurlTransport
import HTTPTypes
import RecoveryCore

/// A request on its way.
final class Flight {
  let request: TransferRequest
  let strand: Strand
  /// Somebody waits for the answer.
  var isHeard = true
  /// It never arrives.
  var isLost = false
  var changesSomething: Bool { ![.get, .post].contains(request.method) }

  init(_ request: TransferRequest, of strand: Strand) {
    self.request = request
    self.strand = strand
  }
}

/// Azure, as far as it is from the instances.
extension SharedSimulation {
  /// A request reaches Azure within its time limit, or never.
  /// - Parameter untilCancelled: ends a wait when the task is cancelled.
  func carry(
    _ request: TransferRequest, of process: InstanceLife,
    _ untilCancelled: (() async -> Strand.Call) async -> Strand.Call
  ) async throws(TransportError) -> TransferResponse {
    guard let strand = stage.current, !process.isOver, !Task.isCancelled else {
      throw TransportError(code: .cancelled, message: "cancelled", requestMayHaveBeenSent: false)
    }
    let limit = request.limits.whole.inMilliseconds
    guard process.host.azureAwayUntil <= scene.now else {
      let patience = min(limit, Int64(scene.random.number(1...10_000)))
      _ = await untilCancelled { await sleep(patience) }
      throw TransportError(code: .connect, message: "no way to Azure", requestMayHaveBeenSent: false)
    }
    let flight = Flight(request, of: strand)
    let way = scene.way()
    if way <= limit { add(.arrive(flight), after: way) }
    if flight.changesSomething, !isCalm, scene.random.chance(troubles.hunting) {
      let moment = Int64(scene.random.number(0...Int(way)))
      if let trouble = troubles.one(&scene.random) { add(.trouble(trouble, process.host), after: moment) }
    }
    let call = await untilCancelled { await sleep(limit) }
    flight.isHeard = false
    switch call {
    case .answer(let answer): return try answer.get()
    case .goOn:
      throw TransportError(code: .timedOut, message: "no answer in time", requestMayHaveBeenSent: true)
    case .cutOff:
      // What is on the wire may arrive at Azure all the same; its answer finds nobody.
      flight.isLost = scene.random.chance(0.5)
      throw TransportError(code: .cancelled, message: "cut off", requestMayHaveBeenSent: true)
    }
  }

  func arrive(_ flight: Flight) async {
    guard !flight.isLost else { return }
    await judge(flight)
    let answer: Result<TransferResponse, TransportError>
    do throws(TransportError) {
      answer = .success(try await scene.exchange.send(flight.request))
    } catch {
      answer = .failure(error)
    }
    if flight.isHeard { add(.answer(flight, answer), after: scene.way()) }
  }
}
