/// Why an answer was given up while it arrived. Kept beside the collector because a C callback can only say "stop".
struct CollectionFailure: Error, Sendable {
  let code: TransportError.Code
  let message: String
}
