import Foundation

/// A TLS server made of the `openssl` command line: a certificate of its own and a status page for every request.
///
/// Plain files in a directory of its own; `close` removes them.
public struct TLSServer {
  public static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  public let port: Int
  /// The self-signed certificate, which is its own authority.
  public let certificate: String
  private let directory: URL
  private let process: Process

  /// - Parameters:
  ///   - name: the subject's alternative name, as `IP:…` or `DNS:…`.
  ///   - days: how long the certificate holds; less than none makes one that has expired.
  public init(name: String, days: Int = 2, options: [String] = []) throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "aftercare-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let key = directory.appending(path: "key.pem").path
    certificate = directory.appending(path: "certificate.pem").path
    let request = directory.appending(path: "request.pem").path
    let steps = [
      [
        "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
        "/CN=aftercare test", "-addext", "subjectAltName=\(name)", "-keyout", key, "-out", request,
      ],
      [
        "x509", "-req", "-in", request, "-signkey", key, "-days", String(days), "-copy_extensions", "copy", "-out",
        certificate,
      ],
    ]
    for step in steps { try Self.start(step).process.waitUntilExit() }
    let server = try Self.start(
      ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"] + options)
    process = server.process
    port = try Self.readPort(server.output)
  }

  public func close() {
    // Not `terminate`: a child inherits the blocked signals of the thread that made it, SIGTERM often among them.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: directory)
  }

  private static func start(_ arguments: [String]) throws -> (process: Process, output: FileHandle) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: openssl ?? "openssl")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    return (process, output.fileHandleForReading)
  }

  /// The server says `ACCEPT 127.0.0.1:port` once it listens.
  private static func readPort(_ output: FileHandle) throws -> Int {
    var text = ""
    while true {
      let data = output.availableData
      guard !data.isEmpty else { throw CocoaError(.fileReadUnknown) }
      text += String(decoding: data, as: UTF8.self)
      for line in text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1) where line.hasPrefix("ACCEPT ") {
        if let port = line.split(separator: ":").last.flatMap({ Int($0) }) { return port }
      }
    }
  }
}
