public import RecoveryCore

/// The rhythm and the bounds of the engine; decisions have theirs in `Policy`.
public struct EngineSettings: Sendable {
  public var vaults: [ResourceID]
  /// A vault's item list, and while anything in it is on the move.
  public var items: Duration = .seconds(60)
  public var itemsMoving: Duration = .seconds(30)
  /// Machines that are handled side by side; each holds at most one request at a time.
  public var parallelMachines = 32
  /// How a running operation is polled where Azure does not say: soon at first, then slower.
  public var pollFirst: Duration = .seconds(2)
  public var pollMost: Duration = .seconds(15)
  public var pollFactor = 1.6
  /// Events and ended heals are forgotten after that.
  public var keepHistory: Duration = .seconds(90 * 86_400)
  /// The ceiling of one operation.
  public var operationWithin: Duration = .seconds(95 * 60)

  public var alerts = AlertPolicy()

  /// A vault that was not read through for so long is not being watched.
  var lateAfter: Duration { max(items * 5, .seconds(30)) }

  public init(vaults: [ResourceID]) { self.vaults = vaults }
}
