/// A fault that the next requests meet.
struct SimulatedFault: Sendable {
  var match: String
  var method: String?
  var times: Int
  var status: Int
  var body: String
  var contentType: String
  var retryAfter: String?
}
