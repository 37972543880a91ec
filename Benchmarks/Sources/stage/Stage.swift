import ArgumentParser
import AzureSimulator
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTLS
import Logging
import NIOSSL
import Synchronization

/// The simulator's answers about a fleet in which nothing happens, rendered beforehand and served over TLS: what asks
/// is measured, not what answers. `GET /_stage` tells what serving has cost so far.
@main
struct Stage: AsyncParsableCommand {
  @Option(help: "Protected items.") var items = 10_000
  @Option(help: "Items on a page of the list.") var pageSize = 200
  @Option(help: "Where it listens, on 127.0.0.1.") var port: Int
  @Option(help: "Its certificate, as a PEM file.") var certificate: String
  @Option(help: "The key of that, as a PEM file.") var key: String

  func run() async throws {
    let origin = "https://127.0.0.1:\(port)"
    let answers = try await Answers(items: items, pageSize: pageSize, origin: origin)
    let spent = Spent()
    let responder = CallbackResponder { (request: Request, _: BasicRequestContext) in
      let target = request.head.path ?? "/"
      if target == "/_stage" {
        return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: spent.json(answers))))
      }
      guard let body = answers[target] else {
        FileHandle.standardError.write(Data("stage: nothing is rendered for \(target)\n".utf8))
        return Response(status: .notFound)
      }
      spent.add(body.readableBytes)
      return Response(status: .ok, headers: Stage.fields, body: .init(byteBuffer: body))
    }
    var logger = Logger(label: "stage")
    logger.logLevel = .error
    let tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
    let application = Application(
      responder: responder, server: try .tls(.http1(), tlsConfiguration: tls),
      configuration: .init(address: .hostname("127.0.0.1", port: port)),
      onServerRunning: { _ in
        print(#"{"endpoint": "\#(origin)", "vault": "\#(answers.vault)"}"#)
        fflush(nil)
      }, logger: logger)
    try await application.run()
  }

  /// As ARM sends them.
  private static let fields: HTTPFields = {
    var fields: HTTPFields = [.contentType: "application/json; charset=utf-8", .cacheControl: "no-cache"]
    for (name, value) in [
      ("x-ms-request-id", "a5e00000-0000-4000-8000-000000000001"),
      ("x-ms-correlation-request-id", "a5e00000-0000-4000-8000-000000000002"),
      ("x-ms-routing-request-id", "UKSOUTH:20261125T000000Z:a5e00000-0000-4000-8000-000000000003"),
      ("x-ms-ratelimit-remaining-subscription-reads", "249"), ("Strict-Transport-Security", "max-age=31536000"),
      ("X-Content-Type-Options", "nosniff"),
    ] {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    return fields
  }()
}

/// What was served, and the processor time that it took.
private final class Spent: Sendable {
  private let requests = Atomic(0)
  private let bytes = Atomic(0)

  func add(_ bytes: Int) {
    requests.add(1, ordering: .relaxed)
    self.bytes.add(bytes, ordering: .relaxed)
  }

  func json(_ answers: Answers) -> String {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    let seconds =
      Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1_000_000
    return """
      {"cpuSeconds": \(seconds), "requests": \(requests.load(ordering: .relaxed)), \
      "bytes": \(bytes.load(ordering: .relaxed)), "items": \(answers.items), "handlers": \(answers.handlers)}
      """
  }
}
