import Foundation

/// A PostgreSQL server that no other test uses, which may be stopped and started. One test has it, and waits for each call
/// before the next one, so that nothing of it is used from two threads at once.
public final class DatabaseServer: @unchecked Sendable {
  public struct Missing: Error, CustomStringConvertible {
    public let description = "no PostgreSQL server can be started: run the tests with script/test"
  }

  /// The superuser's.
  public let url: String
  /// A standby's; nil when there is none.
  public let replica: String?
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()

  /// Waits on a thread of its own: the pool has as many as there are processors, and others run on it.
  public static func start(with options: [String] = []) async throws -> DatabaseServer {
    try await waiting { try DatabaseServer(options) }
  }

  private static func waiting<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { done in
      Thread.detachNewThread { done.resume(with: Result { try body() }) }
    }
  }

  private init(_ options: [String]) throws {
    process.executableURL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "script/postgres")
    process.arguments =
      ["run"] + options + [
        "bash", "-c",
        """
        echo "$AFTERCARE_POSTGRES"; echo "${AFTERCARE_POSTGRES_REPLICA:-}"
        while read -r word && [ "$word" != end ]; do
          $AFTERCARE_POSTGRES_CTL $word >/dev/null 2>&1 </dev/null; echo "$word"
        done
        """,
      ]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    url = try DatabaseServer.line(output)
    let second = try DatabaseServer.line(output)
    replica = second.isEmpty ? nil : second
  }

  /// Words for `pg_ctl`, such as `-m fast restart`; returns when it is done.
  public func run(_ words: String) async throws {
    try await DatabaseServer.waiting { [self] in
      try input.fileHandleForWriting.write(contentsOf: Data("\(words)\n".utf8))
      _ = try DatabaseServer.line(output)
    }
  }

  /// The server stops by itself then. It is told so by a word: the end of the pipe comes only when every process has
  /// ended that was started meanwhile and has it too.
  public func close() {
    try? input.fileHandleForWriting.write(contentsOf: Data("end\n".utf8))
    try? input.fileHandleForWriting.close()
  }

  private static func line(_ output: Pipe) throws -> String {
    var bytes: [UInt8] = []
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    throw Missing()
  }
}
