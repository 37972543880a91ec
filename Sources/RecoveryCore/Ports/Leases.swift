/// Who looks after which vault, where several instances share one journal.
///
/// A vault is a shard of the journal. Its lease is taken by `Journal.acquire`, which is refused with
/// `JournalError.locked` while another instance holds it, and lasts only as long as it is renewed. Every clock is the
/// one of the place that keeps the leases; no instance's own says when a lease is over.
public protocol Leases: Sendable {
  /// Tells that an instance lives, makes the leases that it still has last `span` from now on, and returns how all
  /// stand. A lease that was lost meanwhile is not in `LeasePicture.renewed`; it is not taken anew.
  func beat(
    _ instance: Instance, renewing held: [ResourceID: Fence], wanting vaults: Set<ResourceID>, for span: Duration
  ) async throws(JournalError) -> LeasePicture
  /// Gives a lease back, so that another instance need not wait for its end. One that is lost already is no error.
  func release(_ vault: ResourceID, fence: Fence) async throws(JournalError)
  /// Tells that an instance ends, and gives back whatever it still has.
  func leave(_ instance: InstanceID) async throws(JournalError)
  /// How all stand, for who only looks.
  func picture() async throws(JournalError) -> LeasePicture
}

/// Names one run of one process: never the same again, so that a process that comes back is not taken for the one that
/// died.
public struct InstanceID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  public let text: String
  public init(_ text: String) { self.text = text }
  public var description: String { text }
  public static func < (left: InstanceID, right: InstanceID) -> Bool { left.text < right.text }
}

/// What an instance tells of itself.
public struct Instance: Hashable, Sendable, Codable {
  public let id: InstanceID
  public var host: String
  public var version: String
  /// By its own clock: for people.
  public var started: Timestamp
  /// It lives, and can read nothing in Azure: it is no better than a silent one.
  public var isBlind = false

  public init(id: InstanceID, host: String, version: String, started: Timestamp) {
    self.id = id
    self.host = host
    self.version = version
    self.started = started
  }
}

/// How instances and leases stand at one moment, by the clock of the place that keeps them.
public struct LeasePicture: Hashable, Sendable, Codable {
  public struct Presence: Hashable, Sendable, Codable {
    public var instance: Instance
    /// Since it was last heard of.
    public var silentFor: Duration
    /// Whether it was heard of within the span that it promised with its last beat.
    public var isAlive: Bool

    public init(instance: Instance, silentFor: Duration, isAlive: Bool) {
      self.instance = instance
      self.silentFor = silentFor
      self.isAlive = isAlive
    }
  }

  public struct Lease: Hashable, Sendable, Codable {
    public var vault: ResourceID
    /// Nil where it was given back.
    public var holder: InstanceID?
    public var fence: Fence
    /// Until it is over; zero or less when it is.
    public var remaining: Duration

    public init(vault: ResourceID, holder: InstanceID?, fence: Fence, remaining: Duration) {
      self.vault = vault
      self.holder = holder
      self.fence = fence
      self.remaining = remaining
    }

    public var isHeld: Bool { holder != nil && remaining > .zero }
  }

  /// The clock of the place that keeps them.
  public var at: Timestamp
  /// Sorted by id.
  public var instances: [Presence]
  /// Of every vault that ever had one, sorted by vault.
  public var leases: [Lease]
  /// Of those that were to be renewed: which were.
  public var renewed: Set<ResourceID>

  public init(at: Timestamp, instances: [Presence], leases: [Lease], renewed: Set<ResourceID> = []) {
    self.at = at
    self.instances = instances
    self.leases = leases
    self.renewed = renewed
  }
}
