import Dispatch
public import RecoveryCore

/// Appends a line for each event to a file.
public final class FileSink: AlertSink {
  public let name: String
  public let filter: EventFilter
  public var pace: Duration { .seconds(1) }
  private let line: @Sendable (RecordedEvent) -> String
  private let path: String
  private let writer: FileWriter

  private static let remedy = "Check the directory, its owner and its disk"

  /// - Parameters:
  ///   - rotateAt: bytes at which the file is set aside; nil when somebody else does that, by renaming it.
  ///   - keep: how many of those set aside are kept.
  ///   - gzip: whether they are compressed.
  ///   - line: an event as one line, without its end.
  public init(
    name: String, filter: EventFilter, path: String, rotateAt: Int? = nil, keep: Int = 10, gzip: Bool = true,
    line: @escaping @Sendable (RecordedEvent) -> String
  ) {
    self.name = name
    self.filter = filter
    self.line = line
    self.path = path
    writer = FileWriter(path, .init(at: rotateAt, keep: keep, gzip: gzip))
  }

  public func probe() async throws {
    guard let obstacle = RotatingFile.obstacle(at: path) else { return }
    throw SinkError(.unavailable, obstacle.message, remedy: FileSink.remedy + ".")
  }

  public func deliver(_ events: [RecordedEvent]) async throws {
    let text = events.map { line($0) + "\n" }.joined()
    do throws(RotatingFile.Failure) {
      try await writer.append(text).get()
    } catch {
      throw SinkError(.unavailable, error.message, remedy: FileSink.remedy + "; it is tried again.")
    }
  }
}

/// The file, on a queue of its own: a slow disk holds up nobody else.
///
/// `@unchecked Sendable` because `file` is touched on the serial queue alone.
private final class FileWriter: @unchecked Sendable {
  private let queue = DispatchQueue(label: "aftercare.file-sink")
  private var file: RotatingFile

  init(_ path: String, _ rotation: RotatingFile.Rotation) { file = RotatingFile(path, rotation) }

  func append(_ text: String) async -> Result<Void, RotatingFile.Failure> {
    await withCheckedContinuation { continuation in
      queue.async {
        do throws(RotatingFile.Failure) {
          try self.file.append(text)
          continuation.resume(returning: .success(()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
  }
}
