import CurlTransport
import RecoveryCore

/// Lets tasks run one at a time, in an order that is the caller's to decide: what the parts of the engine do with
/// continuations and actors of their own stays what it is, and yet a life is the same every time.
///
/// Nothing here needs a lock. Either the caller of `settle` runs, or one strand does; each hands over to the other by a
/// continuation, and touches nothing after that.
final class Stage {
  /// The strand that runs, or is about to wait.
  private(set) var current: Strand?
  private var ready: [Strand] = []
  private var caller: CheckedContinuation<Void, Never>?

  func start(_ strand: Strand) { ready.append(strand) }

  /// A strand that does not wait goes on by itself.
  func wake(_ strand: Strand, by call: Strand.Call) {
    guard strand.waiting != nil else { return }
    strand.waiting = nil
    strand.call = call
    ready.append(strand)
  }

  /// Returns when every strand waits or is over.
  func settle() async {
    while !ready.isEmpty {
      let strand = ready.removeFirst()
      current = strand
      await withCheckedContinuation { continuation in
        caller = continuation
        go(strand)
      }
      current = nil
    }
  }

  /// Lets the current strand wait for a call.
  func wait(for reason: Strand.Reason) async -> Strand.Call {
    guard let strand = current else { preconditionFailure("only a strand can wait") }
    strand.waiting = reason
    strand.turn += 1
    await withCheckedContinuation { continuation in
      strand.continuation = continuation
      handOver()
    }
    return strand.call
  }

  private func go(_ strand: Strand) {
    if let continuation = strand.continuation.take() { return continuation.resume() }
    guard let body = strand.body.take() else { return handOver() }
    // The task is the only one that runs until it hands over.
    nonisolated(unsafe) let (stage, work) = (self, body)
    strand.task = Task {
      await work()
      stage.handOver()
    }
  }

  private func handOver() { caller.take()?.resume() }
}

/// Something that a process does, from beginning to end.
final class Strand {
  enum Reason {
    case time
    case nextBeat
    /// Its turn to write.
    case turn
    /// The end of a tenancy, or of what is under way in it.
    case end
  }

  enum Call {
    case goOn
    case answer(Result<TransferResponse, TransportError>)
    case cutOff
  }

  let process: InstanceLife
  /// Of which tenancy; nil for what is the whole instance's.
  let tenancy: Tenancy?
  /// What it asks of Azure, if that changes something.
  let effect: (key: ItemKey, effect: Effect)?
  fileprivate var task: Task<Void, Never>?
  fileprivate var body: (() async -> Void)?
  fileprivate var continuation: CheckedContinuation<Void, Never>?
  fileprivate(set) var waiting: Reason?
  fileprivate var call = Call.goOn
  /// How often it has waited: a call for an earlier time is none.
  fileprivate(set) var turn = 0

  init(
    _ process: InstanceLife, of tenancy: Tenancy?, for effect: (key: ItemKey, effect: Effect)?,
    _ body: @escaping () async -> Void
  ) {
    self.process = process
    self.tenancy = tenancy
    self.effect = effect
    self.body = body
  }

  /// As the engine cancels its tasks: what does not heed that goes on.
  func cancel() { task?.cancel() }
}
