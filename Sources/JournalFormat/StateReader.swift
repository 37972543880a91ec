import JSONReading
package import RecoveryCore

/// Makes items and heals of what their rows hold, in either database. What states repeat is made once and shared: what
/// was found of the machines of a fleet, its vaults, and the machine that a state names twice. For one reader at a time.
package final class StateReader {
  private let seal: OperationSeal?
  private let repeated = RepeatedParts()

  package init(sealedBy seal: OperationSeal?) { self.seal = seal }

  /// - Parameters:
  ///   - state: without its heal.
  ///   - isRight: whether the state's checksum is; nil when nobody has looked.
  ///   - heal: the heal that the row refers to, and what its own row holds; nil when that is missing.
  package func item(
    _ key: String, from state: [UInt8], isRight: Bool? = nil, heal: (id: String, body: String?)?
  ) throws -> ItemState {
    let item = try JournalJSON.decode(
      ItemState.self, from: state, isRight: isRight, table: "item", key: key
    ) { document in
      ItemState(row: document, sharing: repeated)
    }
    guard item.key.text == key else {
      throw DamagedRow(table: "item", key: key, reason: "its state is that of item '\(item.key.text)'")
    }
    guard let heal else { return item }
    guard let body = heal.body else {
      throw DamagedRow(table: "item", key: key, reason: "its heal '\(heal.id)' is missing")
    }
    var healing = item
    healing.heal = try self.heal(heal.id, from: body)
    return healing
  }

  package func heal(_ id: String, from body: String) throws -> Heal {
    var heal = OperationSeal.open(try JournalJSON.decode(Heal.self, from: body, table: "heal", key: id), with: seal)
    for index in heal.steps.indices { heal.steps[index].operation?.share(&repeated.certificates) }
    return heal
  }
}
