import Foundation
import Logging
import RecoveryCore
import Testing

@testable import AftercareApp

@Suite("A line of the log")
struct LineOutputTests {
  /// What is written to a pipe whose `JOURNAL_STREAM` is made from its device and inode.
  private static func written(_ stream: (stat) -> String?, _ write: (LineOutput) -> Void) throws -> [String] {
    let pipe = Pipe()
    var status = stat()
    #expect(fstat(pipe.fileHandleForWriting.fileDescriptor, &status) == 0)
    let environment = stream(status).map { ["JOURNAL_STREAM": $0] } ?? [:]
    write(LineOutput(pipe.fileHandleForWriting, environment: environment))
    try pipe.fileHandleForWriting.close()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static func all(_ output: LineOutput) {
    let handler = LineLogHandler(format: .text, level: .debug, output: output)
    for level in [Logger.Level.error, .warning, .notice, .info, .debug] {
      handler.write(level, "a word", at: Timestamp(milliseconds: 0), [:])
    }
  }

  @Test("has its priority before it where the system's journal reads")
  func priorities() throws {
    let lines = try Self.written({ "\($0.st_dev):\($0.st_ino)" }, Self.all)
    #expect(lines.map { $0.prefix(3) } == ["<3>", "<4>", "<5>", "<6>", "<7>"])
    #expect(lines.first == "<3>1970-01-01T00:00:00Z ERROR    a word")
  }

  @Test("has none anywhere else, also where the journal read before", arguments: [nil, "1:2", ""] as [String?])
  func elsewhere(stream: String?) throws {
    let lines = try Self.written({ _ in stream }, Self.all)
    #expect(lines.count == 5 && lines.allSatisfy { $0.hasPrefix("1970-") }, "\(lines)")
  }
}
