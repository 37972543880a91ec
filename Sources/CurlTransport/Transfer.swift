import CCurl
import HTTPTypes

/// One request under way. Lives on the transfer thread alone, from the moment it is taken out of the inbox until its
/// handle has left the multi handle.
final class Transfer {
  let id: TransferInbox.ID
  let easy: EasyHandle
  private let plan: TransferPlan
  /// libcurl keeps its pointer.
  private let headers: HeaderList
  private let collector: ResponseCollector
  /// Bytes in both directions when last looked at, and when that number last changed; nil before the connection stands.
  private var movement: (bytes: Int, at: ContinuousClock.Instant)?

  /// - Parameter easy: one that is new, or was reset; nil if there was no memory for one.
  init(
    id: TransferInbox.ID, plan: TransferPlan, over easy: EasyHandle?,
    configuration: CurlClient.Configuration
  ) throws(TransportError) {
    let left = ContinuousClock.now.duration(to: plan.deadline)
    guard left > .zero else {
      throw TransportError(
        code: .timedOut, message: "the time for the transfer was over before it could begin",
        host: plan.address.authority, requestMayHaveBeenSent: false)
    }
    guard let easy, let headers = HeaderList(plan.headerLines) else {
      throw TransportError(
        code: .outOfMemory, message: "no memory for the transfer", host: plan.address.authority,
        requestMayHaveBeenSent: false)
    }
    self.id = id
    self.easy = easy
    self.plan = plan
    self.headers = headers
    collector = ResponseCollector(limits: plan.limits)
    do throws(EasyHandle.OptionFailure) {
      try Self.setOptions(of: easy, plan: plan, within: left, configuration: configuration)
      try Self.setCallbacks(of: easy, collector: collector)
      try easy.set(CURLOPT_HTTPHEADER, headers)
      try easy.set(CURLOPT_PRIVATE, unowned: self)
    } catch {
      throw TransportError(
        code: .other, message: "libcurl does not take an option", host: plan.address.authority,
        curlCode: Int32(bitPattern: error.code.rawValue), requestMayHaveBeenSent: false)
    }
  }

  /// What the transfer came to, after libcurl said that it is over.
  func outcome(_ code: CURLcode) -> TransferOutcome {
    // A stop by one of our callbacks is reported as a write error; the reason was left with the collector.
    if let failure = collector.failure { return .failure(error(failure)) }
    guard code == CURLE_OK else {
      return .failure(
        TransportError(
          curl: code, detail: easy.failureDetail, host: plan.address.authority, wroteNothing: wroteNothing,
          headWasComplete: collector.head.isComplete))
    }
    do throws(CollectionFailure) {
      let status = try collector.finish()
      return .success(
        TransferResponse(
          status: status, lines: collector.head.fields, body: collector.body.bytes, url: plan.url,
          version: version, wireBytes: collector.body.wireBytes))
    } catch {
      return .failure(self.error(error))
    }
  }

  /// Why the transfer has to be given up now, or nil and when to look again.
  ///
  /// libcurl's own low-speed limit counts in whole seconds and averages; this looks eight times within the limit.
  func check(at now: ContinuousClock.Instant) -> (overdue: TransportError?, lookAgain: ContinuousClock.Instant) {
    if now >= plan.deadline {
      return (error(CollectionFailure(code: .timedOut, message: "the whole limit of the transfer is over")), now)
    }
    let lookAgain = lookAgain(after: now)
    // Waiting for a free connection is no stall, and connecting has its own limit.
    guard easy.size(CURLINFO_PRETRANSFER_TIME_T) > 0 else { return (nil, lookAgain) }
    let traffic = traffic
    let bytes = traffic.bytesSent + traffic.bytesReceived
    guard let movement, movement.bytes == bytes else {
      movement = (bytes, now)
      return (nil, lookAgain)
    }
    if movement.at.duration(to: now) >= plan.limits.stall {
      return (error(CollectionFailure(code: .stalled, message: "no byte moved for as long as permitted")), now)
    }
    return (nil, lookAgain)
  }

  /// When it has to be checked next.
  func lookAgain(after now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    min(plan.deadline, now.advanced(by: max(plan.limits.stall / 8, .milliseconds(5))))
  }

  var traffic: TransferTraffic {
    TransferTraffic(
      connectionsOpened: easy.long(CURLINFO_NUM_CONNECTS),
      bytesSent: easy.long(CURLINFO_REQUEST_SIZE) + easy.size(CURLINFO_SIZE_UPLOAD_T),
      bytesReceived: easy.long(CURLINFO_HEADER_SIZE) + easy.size(CURLINFO_SIZE_DOWNLOAD_T))
  }

  /// Both are 0 only if no attempt came as far as writing; libcurl repeats some requests by itself, and neither number
  /// goes back to 0 when it does.
  private var wroteNothing: Bool {
    easy.long(CURLINFO_REQUEST_SIZE) == 0 && easy.size(CURLINFO_PRETRANSFER_TIME_T) == 0
  }

  private var version: TransferResponse.Version {
    switch easy.long(CURLINFO_HTTP_VERSION) {
    case Int(CURL_HTTP_VERSION_1_0): .http10
    case Int(CURL_HTTP_VERSION_1_1): .http11
    case Int(CURL_HTTP_VERSION_2_0): .http2
    default: .other
    }
  }

  private func error(_ failure: CollectionFailure) -> TransportError {
    TransportError(
      code: failure.code, message: failure.message, host: plan.address.authority,
      requestMayHaveBeenSent: !wroteNothing)
  }
}
