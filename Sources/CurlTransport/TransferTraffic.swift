/// What one transfer cost on the wire.
struct TransferTraffic: Sendable {
  var connectionsOpened = 0
  var bytesSent = 0
  var bytesReceived = 0
}
