extension Scenario {
  /// Reads a scenario, and says which key is wrong when one is.
  public init(checking yaml: String, file: String) throws {
    do {
      try self.init(yaml: yaml)
    } catch let error as DecodingError {
      let (context, words): (DecodingError.Context, String) =
        switch error {
        case .keyNotFound(let key, let context): (context, "the key '\(key.stringValue)' is missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context): (context, "this has the wrong type")
        case .dataCorrupted(let context): (context, context.debugDescription)
        @unknown default: throw error
        }
      let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
      throw ScenarioError(message: "\(file): \(path.isEmpty ? "" : path + ": ")\(words)")
    }
    let known = Set(vaults.map(\.name))
    for group in machines where !known.contains(group.vault) {
      throw ScenarioError(message: "\(file): machines.\(group.name): there is no vault '\(group.vault)'")
    }
  }

  /// The ARM ids of the vaults.
  public var vaultIDs: [String] { vaults.map(\.id) }
}
