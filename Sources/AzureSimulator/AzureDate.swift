import FoundationEssentials
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Puts Azure's time into the `Date` of every answer, in the place of the host's.
final class AzureDate: ChannelOutboundHandler, RemovableChannelHandler, Sendable {
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let now: @Sendable () -> Date

  init(_ now: @escaping @Sendable () -> Date) { self.now = now }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    var part = unwrapOutboundIn(data)
    if case .head(var head) = part {
      head.headerFields[.date] = now().http
      part = .head(head)
    }
    context.write(wrapOutboundOut(part), promise: promise)
  }
}
