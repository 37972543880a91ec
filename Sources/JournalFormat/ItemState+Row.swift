package import JSONReading
package import RecoveryCore

extension ItemState {
  /// The state that its row holds, member by member: a start reads a hundred thousand of them, and Swift's coding system
  /// takes half as long again. Nil for whatever is not just as it is written today; then that reads it.
  package init?(row document: JSONDocument, sharing repeated: RepeatedParts) {
    // In the order in which they are written.
    guard let row = document.membersInTurn else { return nil }
    // A machine that the state names twice is one.
    var machines = NamedMachines()
    let activeLocation = row.takeString("activeLocation")
    let approved = row.takeTimestamp("approved")
    let failedReads = row.takeInteger("failedReads").flatMap { Int(exactly: $0) }
    let failover = row.take("failover") { Failover(row: $0, among: &machines, sharing: repeated) }
    let former = row.take("former") { former in former.list { machines.machine($0) } }
    let hasSoughtSource = row.take("hasSoughtSource") { $0.bool }
    let healedAt = row.take("healedAt") { times in times.list { Timestamp(row: $0) } }
    let held = row.take("held") { try? $0.decode(Held.self) }
    let isListed = row.take("isListed") { $0.bool }
    let itemID = row.takeString("itemID").flatMap { ResourceID($0) }
    let key = row.takeString("key")
    let lastAssociationsLook = row.takeTimestamp("lastAssociationsLook")
    let lastLook = row.takeTimestamp("lastLook")
    let legs = row.take("legs") { legs in
      repeated.legs.value(of: legs) { legs in
        legs.list { leg in repeated.leg.value(of: leg) { try? $0.decode(LegVerdict.self) } }
      }
    }
    let lifecycleID = row.takeString("lifecycleID")
    let live = row.take("live") { machines.machine($0) }
    let location = row.takeString("location")
    let name = row.takeString("name")
    let nextLook = row.takeTimestamp("nextLook")
    let protectionState = row.take("protectionState") { state in
      repeated.protectionStates.value(of: state) { $0.string.map { ProtectionState($0) } }
    }
    let reason = row.take("reason") { reason in
      repeated.reasons.value(of: reason) { $0.string.flatMap { Reason(rawValue: $0) } }
    }
    let said = row.take("said") { said in said.list { $0.string } }
    let suspicions = row.take("suspicions") { $0.list { try? $0.decode(Suspicion.self) } }
    let testMachine = row.take("testMachine") { $0.string.flatMap { ResourceID($0) } }
    let transition = row.take("transition") { try? $0.decode(Transition.self) }
    let vault = row.take("vault") { vault in repeated.vaults.value(of: vault) { $0.string.flatMap { ResourceID($0) } } }
    guard row.wereAll, let key, let itemID, let vault, let name, let protectionState, let activeLocation,
      let former, let legs, let suspicions, let hasSoughtSource, let nextLook, let reason, let said, let failedReads,
      let isListed
    else { return nil }
    self.init(
      key: ItemKey(written: key), itemID: itemID, vault: vault, name: name, protectionState: protectionState,
      activeLocation: activeLocation, nextLook: nextLook, reason: reason)
    self.lifecycleID = lifecycleID
    self.location = location
    self.live = live
    self.former = former
    self.transition = transition
    self.failover = failover
    self.testMachine = testMachine
    self.held = held
    self.approved = approved
    self.healedAt = healedAt
    self.legs = legs
    self.suspicions = suspicions
    self.lastLook = lastLook
    self.lastAssociationsLook = lastAssociationsLook
    self.hasSoughtSource = hasSoughtSource
    self.said = Set(said)
    self.failedReads = failedReads
    self.isListed = isListed
  }
}

extension Failover {
  fileprivate init?(
    row document: JSONDocument, among machines: inout NamedMachines, sharing repeated: RepeatedParts
  ) {
    guard let row = document.membersInTurn else { return nil }
    let cause = row.take("cause") { cause in
      repeated.causes.value(of: cause) { $0.string.flatMap { Cause(rawValue: $0) } }
    }
    let cloudTime = row.takeTimestamp("cloudTime")
    let completed = row.takeTimestamp("completed")
    let from = row.take("from") { machines.machine($0) }
    let id = row.take("id") { id in repeated.failoverIDs.value(of: id) { $0.string } }
    let isSettled = row.take("isSettled") { $0.bool }
    let noticed = row.takeTimestamp("noticed")
    let to = row.take("to") { machines.machine($0) }
    guard row.wereAll, let cause, let to, let noticed, let completed, let isSettled else { return nil }
    self.init(id: id, cause: cause, from: from, to: to, noticed: noticed, completed: completed, cloudTime: cloudTime)
    self.isSettled = isSettled
  }
}

/// The machines that a state has named so far, with how each was written.
private struct NamedMachines {
  private var known: [(document: JSONDocument, machine: MachineIdentity)] = []

  mutating func machine(_ document: JSONDocument) -> MachineIdentity? {
    if let named = known.first(where: { $0.document.isWritten(like: document) }) { return named.machine }
    guard let machine = MachineIdentity(row: document) else { return nil }
    known.append((document, machine))
    return machine
  }
}

extension MachineIdentity {
  fileprivate init?(row document: JSONDocument) {
    guard let row = document.membersInTurn else { return nil }
    let id = row.takeString("id").flatMap { ResourceID($0) }
    let vmID = row.takeString("vmID")
    guard row.wereAll, let id else { return nil }
    self.init(id: id, vmID: nil)
    // As it was written.
    self.vmID = vmID
  }
}

extension Timestamp {
  fileprivate init?(row document: JSONDocument) {
    guard let milliseconds = document.integer else { return nil }
    self.init(milliseconds: milliseconds)
  }
}

extension JSONDocument {
  /// Its elements, each as something; nil unless it is an array of just those.
  fileprivate func list<Value>(_ read: (JSONDocument) -> Value?) -> [Value]? {
    guard let elements = array else { return nil }
    let values = elements.compactMap(read)
    return values.count == elements.count ? values : nil
  }
}

extension JSONDocument.MembersInTurn {
  fileprivate func take<Value>(_ name: StaticString, as read: (JSONDocument) -> Value?) -> Value? {
    guard let member: JSONDocument = take(name) else { return nil }
    let value = read(member)
    if value == nil { obstruct() }
    return value
  }

  fileprivate func takeTimestamp(_ name: StaticString) -> Timestamp? {
    takeInteger(name).map { Timestamp(milliseconds: $0) }
  }

  /// Whether these were all. Whoever forgets a member that is there, looks for it too early or too late, or finds it to be
  /// something else, does not have them all: what a state learns to hold is read more slowly, and never lost.
  fileprivate var wereAll: Bool {
    // Every row has a checksum behind all others, which is none of the value's.
    _ = take("check")
    return areAllTaken
  }
}
