import FoundationEssentials

/// How many requests are taken in a while.
extension SimulatedAzure {
  struct Admission {
    var refusal: SimulatedResponse?
    var headers: [(String, String)] = []
  }

  /// Takes a request's tokens, or refuses it. Without limits the headers say that all are left.
  func admit(_ request: SimulatedRequest) -> Admission {
    let path = request.segments.map { $0.lowercased() }
    let kind = request.method == "GET" ? "reads" : request.method == "DELETE" ? "deletes" : "writes"
    let size: TokenBuckets.Size = kind == "reads" ? .reads : .writes
    // Azure Monitor's writes are told apart.
    let monitor =
      kind != "reads" && path.contains("microsoft.insights")
      ? [("x-ms-ratelimit-remaining-subscription-resource-requests", "299")] : []
    guard case .real(let times) = limits else {
      let left = ("x-ms-ratelimit-remaining-subscription-\(kind)", String(Int(size.most) - 1))
      return Admission(headers: [left] + monitor)
    }
    let now = self.now
    let subscription = path.count > 1 && path[0] == "subscriptions" ? path[1] : "none"
    let name = "\(kind) of \(subscription)"
    let allowed = size.times(times)
    guard let left = buckets.take(name, allowed, now) else {
      return Admission(refusal: refuse("SubscriptionRequestsThrottled", buckets.wait(name, allowed)))
    }
    var admission = Admission(headers: [("x-ms-ratelimit-remaining-subscription-\(kind)", String(left))] + monitor)
    guard let (resource, what, most) = computeBucket(request, path) else { return admission }
    guard let left = buckets.take(resource, most, now) else {
      admission.refusal = refuse("TooManyRequests", buckets.wait(resource, most))
      return admission
    }
    admission.headers.append(("x-ms-ratelimit-remaining-resource", "Microsoft.Compute/\(what);\(left)"))
    return admission
  }

  private func computeBucket(
    _ request: SimulatedRequest, _ path: [String]
  ) -> (name: String, what: String, size: TokenBuckets.Size)? {
    if path.isOfOperation {
      return ("poll of \(path.last ?? "")", "GetOperationResource", .operationReads)
    }
    guard let at = path.firstIndex(of: "virtualmachines"), at + 1 < path.count, !path.contains("microsoft.insights")
    else { return nil }
    let machine = path[...(at + 1)].joined(separator: "/")
    return request.method == "GET"
      ? ("get of \(machine)", "LowCostGetResource", .machineReads)
      : ("update of \(machine)", "UpdateVMResource", .machineWrites)
  }

  private func refuse(_ code: String, _ seconds: Int) -> SimulatedResponse {
    count("throttled")
    return .error(
      429, code, "Number of requests exceeded the limit. Please try again after '\(seconds)' seconds.",
      headers: [("Retry-After", String(seconds))])
  }
}

extension [String] {
  /// Whether the path, in lower case, is that of an operation.
  var isOfOperation: Bool { count == 8 && self[4] == "locations" && self[6] == "operations" }
}
