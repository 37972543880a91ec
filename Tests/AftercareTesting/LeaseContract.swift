public import RecoveryCore

/// What leases must do, whatever keeps them. An adapter's tests run each clause against a new place with a journal for
/// each vault, where a lease that was just taken lasts for `LeaseContract.span`.
public struct LeaseContract: Sendable, CustomStringConvertible {
  /// Where leases are kept.
  public struct Place: Sendable {
    public let leases: any Leases
    public let journal: @Sendable (ResourceID) -> any Journal
    /// Lets so much time go by, by the clock of the place.
    public let pass: @Sendable (Duration) async throws -> Void

    public init(
      leases: any Leases, journal: @escaping @Sendable (ResourceID) -> any Journal,
      pass: @escaping @Sendable (Duration) async throws -> Void
    ) {
      self.leases = leases
      self.journal = journal
      self.pass = pass
    }
  }

  public static let span = Duration.seconds(3600)

  public let description: String
  public let check: @Sendable (Place) async throws -> Void

  private init(_ description: String, _ check: @escaping @Sendable (Place) async throws -> Void) {
    self.description = description
    self.check = check
  }

  public static var clauses: [LeaseContract] {
    [
      LeaseContract("a vault is one instance's, and its holder may take it anew") { try await vaultIsOnes($0) },
      LeaseContract("a lease that is over is anybody's, and its old holder writes until it is taken") {
        try await oldHolderIsFenced($0)
      },
      LeaseContract("a lease lasts as long as it is renewed, and is renewed while nobody has taken it") {
        try await leaseIsRenewed($0)
      },
      LeaseContract("a lease that is given back is free at once, and one that is lost is not given back") {
        try await leaseIsGivenBack($0)
      },
      LeaseContract("who leaves gives all back, and who is silent is not alive and then forgotten") {
        try await instancesComeAndGo($0)
      },
      LeaseContract("events of all vaults are counted together") { try await eventsAreCountedTogether($0) },
    ]
  }

  private static let other = Samples.id(
    "/subscriptions/1111/resourceGroups/rg-vault/providers/Microsoft.RecoveryServices/vaults/kv-other")
  private static let (one, two) = (instance("one"), instance("two"))
  private static let event = JournalChange(events: [JournalSamples.event(.stepStarted)])

  private static func instance(_ name: String) -> Instance {
    Instance(id: InstanceID(name), host: "host-\(name)", version: "1.0.0", started: JournalSamples.start)
  }

  private static func take(_ vault: ResourceID, for holder: Instance, in place: Place) async throws -> Fence {
    try await place.journal(vault).acquire(holder: holder.id.text, at: JournalSamples.start)
  }

  private static func expect(_ holds: Bool, _ expectation: @autoclosure () -> String) throws {
    try JournalContract.expect(holds, expectation())
  }

  private static func vaultIsOnes(_ place: Place) async throws {
    let fence = try await take(Samples.vault, for: one, in: place)
    do {
      _ = try await take(Samples.vault, for: two, in: place)
      throw ContractViolation("a lease was given twice")
    } catch let error as JournalError {
      try expect(error.code == .locked, "the error is 'locked': \(error)")
    }
    _ = try await take(other, for: two, in: place)
    let again = try await take(Samples.vault, for: one, in: place)
    try expect(again.token == fence.token + 1, "the holder's next token is the next one: \(again)")
  }

  private static func oldHolderIsFenced(_ place: Place) async throws {
    let journal = place.journal(Samples.vault)
    let stale = try await take(Samples.vault, for: one, in: place)
    try await place.pass(span + .seconds(1))
    _ = try await journal.commit(event, fence: stale)
    let fence = try await take(Samples.vault, for: two, in: place)
    try expect(fence.token > stale.token, "the token grows: \(fence)")
    try await JournalContract.expectFenced { _ = try await journal.commit(event, fence: stale) }
    try await JournalContract.expectFenced { try await journal.record(JournalSamples.sweep(), fence: stale) }
    try await JournalContract.expectFenced { try await journal.markDelivered(through: 1, fence: stale) }
    try await JournalContract.expectFenced { _ = try await journal.prune(before: JournalSamples.start, fence: stale) }
    let recorded = try await journal.commit(event, fence: fence)
    try expect(recorded.map(\.sequence) == [2], "what was refused took no number: \(recorded)")
  }

  private static func leaseIsRenewed(_ place: Place) async throws {
    let fence = try await take(Samples.vault, for: one, in: place)
    let held = [Samples.vault: fence]
    let picture = try await place.leases.beat(one, renewing: held, wanting: [Samples.vault, other], for: span * 2)
    try expect(picture.renewed == [Samples.vault], "it is renewed: \(picture)")
    try expect(picture.leases.map(\.vault) == [Samples.vault], "one that was never taken is none: \(picture)")
    try expect(picture.leases[0].holder == one.id && picture.leases[0].fence == fence, "it is one's: \(picture)")
    try expect(picture.leases[0].remaining > span * 1.5, "it lasts for the new span: \(picture)")
    try await place.pass(span * 3)
    let over = try await place.leases.picture()
    try expect(over.leases.first?.isHeld == false, "it is over: \(over)")
    let late = try await place.leases.beat(one, renewing: held, wanting: [], for: span)
    try expect(late.renewed == [Samples.vault] && late.leases.first?.isHeld == true, "nobody took it: \(late)")
    let stale = [Samples.vault: Fence(token: fence.token - 1)]
    let lost = try await place.leases.beat(one, renewing: stale, wanting: [], for: span)
    try expect(lost.renewed.isEmpty, "not with an earlier fence: \(lost)")
    let foreign = try await place.leases.beat(two, renewing: held, wanting: [], for: span)
    try expect(foreign.renewed.isEmpty && foreign.leases.first?.holder == one.id, "not by another: \(foreign)")
  }

  private static func leaseIsGivenBack(_ place: Place) async throws {
    let fence = try await take(Samples.vault, for: one, in: place)
    try await place.leases.release(Samples.vault, fence: fence)
    let free = try await place.leases.picture().leases.first
    try expect(free.map { $0.holder == nil && !$0.isHeld } ?? false, "it is free: \(String(describing: free))")
    let next = try await take(Samples.vault, for: two, in: place)
    try await place.leases.release(Samples.vault, fence: fence)
    let lease = try await place.leases.picture().leases.first
    try expect(lease?.holder == two.id && lease?.fence == next, "it stays two's: \(String(describing: lease))")
  }

  private static func instancesComeAndGo(_ place: Place) async throws {
    for vault in [Samples.vault, other] { _ = try await take(vault, for: one, in: place) }
    _ = try await place.leases.beat(one, renewing: [:], wanting: [], for: span)
    let both = try await place.leases.beat(two, renewing: [:], wanting: [], for: span)
    try expect(
      both.instances.map(\.instance) == [one, two] && both.instances.allSatisfy(\.isAlive), "two live: \(both)")
    try await place.leases.leave(one.id)
    let picture = try await place.leases.picture()
    try expect(picture.instances.map(\.instance.id) == [two.id], "one is gone: \(picture)")
    try expect(picture.leases.count == 2 && picture.leases.allSatisfy { $0.holder == nil }, "both are free: \(picture)")
    try await place.pass(span * 2)
    let silent = try await place.leases.picture().instances.first
    try expect(silent?.isAlive == false, "two is silent: \(String(describing: silent))")
    try await place.pass(.seconds(86_400))
    let later = try await place.leases.beat(one, renewing: [:], wanting: [], for: span)
    try expect(later.instances.map(\.instance.id) == [one.id], "two is forgotten: \(later)")
  }

  private static func eventsAreCountedTogether(_ place: Place) async throws {
    var numbers: [Int64] = []
    let fences = [
      Samples.vault: try await take(Samples.vault, for: one, in: place),
      other: try await take(other, for: two, in: place),
    ]
    for vault in [Samples.vault, other, other, Samples.vault] {
      guard let fence = fences[vault] else { continue }
      numbers += try await place.journal(vault).commit(event, fence: fence).map(\.sequence)
    }
    try expect(numbers == [1, 2, 3, 4], "they are counted together: \(numbers)")
    let mine = try await place.journal(other).events(about: nil, last: 10).map(\.sequence)
    try expect(mine == [2, 3], "each journal has its own: \(mine)")
  }
}
