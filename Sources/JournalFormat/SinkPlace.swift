/// The row of a sink.
package struct SinkPlace: Codable, Sendable {
  /// The last event that it was told.
  package var delivered: Int64

  package init(delivered: Int64) { self.delivered = delivered }
}
