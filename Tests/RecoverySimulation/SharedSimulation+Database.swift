import AftercareTesting
import RecoveryCore

/// The database, as far as it is from the instances.
extension SharedSimulation {
  /// How long something is on its way to the database, which is nearer than Azure.
  private var databaseWay: Int64 { Int64(scene.random.number(1...max(2, scene.weather.longestWay / 8))) }

  func contact(of host: Host) -> Host.Contact { host.contact.until > scene.now ? host.contact.state : .good }

  func goToDatabase(_ process: InstanceLife) async throws(JournalError) {
    _ = await sleep(databaseWay)
    if process.isOver { throw DistantJournal.gone }
    if contact(of: process.host) == .none { throw Link.lost }
  }

  /// Whether the answer has come.
  func comeFromDatabase(_ process: InstanceLife) async throws(JournalError) -> Bool {
    _ = await sleep(databaseWay)
    if process.isOver { throw DistantJournal.gone }
    return contact(of: process.host) == .good
  }

  func awaitDatabase(_ process: InstanceLife) async throws(JournalError) {
    while contact(of: process.host) != .good {
      _ = await sleep(process.host.contact.until - scene.now)
      if process.isOver { throw DistantJournal.gone }
    }
  }

  /// What came of a commit that was taken: it counts, unless the vault has been taken over since.
  func settle(_ vault: ResourceID, _ fence: Fence) throws(JournalError) {
    guard database.lease(of: vault)?.fence == fence else {
      throw JournalError(.fenced, "the vault was taken over meanwhile")
    }
  }

  /// Whether a process dies at a commit.
  func dies(_ process: InstanceLife) -> Bool {
    guard scene.random.chance(scene.weather.crash / 2) else { return false }
    crash(process)
    return true
  }

  func note(_ process: InstanceLife, taking vault: ResourceID, by fence: Fence) {
    let id = process.instance.id
    if let last = takings[vault]?.last, last.holder != id { count.takeovers += 1 }
    takings[vault, default: []].append((fence, id))
  }
}
