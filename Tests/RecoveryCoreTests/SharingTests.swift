import AftercareTesting
import RecoveryCore
import Testing

@Suite("The spread of vaults")
struct ShardSpreadTests {
  /// Instances and what each holds; every one of them is alive.
  private struct World {
    var held: [InstanceID: Set<ResourceID>]
    let vaults: Set<ResourceID>

    init(_ instances: Int, _ vaults: Int) {
      held = Dictionary(uniqueKeysWithValues: (1...instances).map { (InstanceID("i\($0)"), []) })
      self.vaults = Set((1...vaults).map { ShardSpreadTests.vault($0) })
    }

    var free: Set<ResourceID> { vaults.subtracting(held.values.joined()) }

    var picture: LeasePicture {
      LeasePicture(
        at: Timestamp(milliseconds: 0),
        instances: held.keys.sorted().map { id in
          LeasePicture.Presence(
            instance: Instance(id: id, host: "h", version: "1", started: Timestamp(milliseconds: 0)),
            silentFor: .zero, isAlive: true)
        },
        leases: held.flatMap { holder, vaults in
          vaults.map {
            LeasePicture.Lease(vault: $0, holder: holder, fence: Fence(token: 1), remaining: .seconds(60))
          }
        })
    }

    /// One beat of one instance. A vault that is free by then is had by whoever asks for it.
    @discardableResult
    mutating func beat(_ id: InstanceID) -> Bool {
      let moves = ShardSpread(vaults: vaults).moves(of: id, in: picture)
      let taken = free.intersection(moves.take)
      held[id]?.formUnion(taken)
      held[id]?.subtract(moves.give)
      return moves != ShardSpread.Moves()
    }

    var spread: Int { (held.values.map(\.count).max() ?? 0) - (held.values.map(\.count).min() ?? 0) }
  }

  static func vault(_ number: Int) -> ResourceID {
    Samples.id(
      "/subscriptions/1111/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/kv-\(number)")
  }

  @Test("becomes even from wherever it begins, and then nothing moves any more", arguments: 1...200)
  func converges(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var world = World(random.number(1...6), random.number(1...12))
    for vault in world.vaults where random.chance(0.7) {
      world.held[random.pick(world.held.keys.sorted())]?.insert(vault)
    }
    var rounds = 0
    var moved = true
    while moved, rounds < 10 {
      rounds += 1
      moved = false
      for id in world.held.keys.sorted() where world.beat(id) { moved = true }
    }
    #expect(!moved, "things still move after \(rounds) rounds")
    #expect(world.free.isEmpty && world.spread <= 1, "\(world.held.mapValues(\.count))")
  }

  @Test("leaves to a newcomer what is its share, and no more moves than that takes")
  func newcomer() {
    var world = World(2, 7)
    for id in world.held.keys.sorted() { world.beat(id) }
    let before = world.held
    world.held[InstanceID("i3")] = []
    for _ in 1...3 { for id in world.held.keys.sorted() { world.beat(id) } }
    let moved = before.reduce(0) { $0 + $1.value.subtracting(world.held[$1.key] ?? []).count }
    #expect(world.held.values.map(\.count).sorted() == [2, 2, 3])
    #expect(moved == world.held[InstanceID("i3")]?.count)
  }

  @Test("gives quiet vaults away before those in which something moves")
  func quietFirst() {
    var world = World(2, 4)
    world.held[InstanceID("i1")] = world.vaults
    let busy: Set<ResourceID> = [Self.vault(1), Self.vault(3)]
    let moves = ShardSpread(vaults: world.vaults).moves(of: InstanceID("i1"), in: world.picture, busy: busy)
    #expect(Set(moves.give) == [Self.vault(2), Self.vault(4)])
  }

  @Test("gives nothing to who can read nothing in Azure while another can, and goes on as before where none can")
  func blind() {
    var world = World(2, 4)
    world.held[InstanceID("i1")] = [Self.vault(1), Self.vault(2)]
    world.held[InstanceID("i2")] = [Self.vault(3), Self.vault(4)]
    var picture = world.picture
    picture.instances[1].instance.isBlind = true
    let spread = ShardSpread(vaults: world.vaults)
    #expect(Set(spread.moves(of: InstanceID("i2"), in: picture).give) == [Self.vault(3), Self.vault(4)])
    #expect(spread.moves(of: InstanceID("i1"), in: picture) == ShardSpread.Moves(), "nothing is free yet")
    picture.leases.removeAll { $0.holder == InstanceID("i2") }
    #expect(Set(spread.moves(of: InstanceID("i1"), in: picture).take) == [Self.vault(3), Self.vault(4)])
    #expect(spread.moves(of: InstanceID("i2"), in: picture) == ShardSpread.Moves())
    picture = world.picture
    for index in picture.instances.indices { picture.instances[index].instance.isBlind = true }
    #expect(spread.moves(of: InstanceID("i2"), in: picture) == ShardSpread.Moves())
  }

  @Test("does not count on who is silent, and does not take what that one may still hold")
  func silent() {
    var world = World(2, 4)
    world.held[InstanceID("i1")] = [Self.vault(1), Self.vault(2)]
    world.held[InstanceID("i2")] = [Self.vault(3), Self.vault(4)]
    var picture = world.picture
    picture.instances[1].isAlive = false
    let spread = ShardSpread(vaults: world.vaults)
    #expect(spread.moves(of: InstanceID("i1"), in: picture) == ShardSpread.Moves())
    for index in picture.leases.indices where picture.leases[index].holder == InstanceID("i2") {
      picture.leases[index].remaining = .zero
    }
    #expect(Set(spread.moves(of: InstanceID("i1"), in: picture).take) == [Self.vault(3), Self.vault(4)])
  }
}

@Suite("The term of a lease")
struct LeaseTermTests {
  @Test("allows nothing before it is granted, and nothing after it was revoked")
  func granted() {
    var term = LeaseTerm(of: .seconds(60))
    #expect(term.allowance(at: .zero) == .zero)
    term.renew(for: .seconds(60), asked: .seconds(100))
    #expect(term.allowance(at: .seconds(101)) > .zero)
    term.revoke()
    #expect(term.allowance(at: .seconds(101)) == .zero)
  }

  @Test(
    "ends every request before the lease ends by a clock that is off by half a hundredth", arguments: [-0.005, 0.005])
  func ends(drift: Double) {
    var term = LeaseTerm(of: .seconds(60))
    term.renew(for: .seconds(60), asked: .zero)
    for second in 0...70 {
      let ours = Duration.seconds(second) * (1 + drift)
      let allowance = term.allowance(at: ours)
      guard allowance > .zero else { continue }
      let given = Duration.seconds(second) + allowance * (1 + abs(drift))
      #expect(given < .seconds(60), "a request of second \(second) is given up at \(given)")
    }
    #expect(term.allowance(at: .seconds(30)) >= .seconds(15), "between two beats that came to nothing heals go on")
    #expect(term.allowance(at: .seconds(40)) == .zero)
  }

  @Test("counts from before it was asked for, however long the answer took")
  func asked() {
    var term = LeaseTerm(of: .seconds(60))
    // Asked at 0, answered at 50: the lease was given some time between.
    term.renew(for: .seconds(60), asked: .zero)
    #expect(term.allowance(at: .seconds(50)) == .zero)
  }
}
