extension Scenario {
  /// Something odd that the real services have been seen to do.
  public enum Quirk: String, Sendable, Decodable, CaseIterable {
    /// Resource groups in the ids of machines are in upper case.
    case upperGroups
    /// Members without a value are left out instead of being null.
    case missingNulls
    /// Times have none to seven fractional digits, and sometimes no zone.
    case oddTimes
    /// The sentinels 0001-, 1753- and 9999- stand where a time is not known.
    case sentinels
    /// Numbers are strings.
    case textNumbers
    /// Settings are the string `{}` when there are none.
    case textSettings
    /// Status codes have a third part.
    case longCodes
    /// The instance view has an entry of an extension that has only a name.
    case bareEntries
    /// Associations listed by rule are wholly in lower case.
    case lowerAssociations
    /// An `error` stands beside `InProgress` and beside `Succeeded`.
    case errorBesideStatus
    /// A job's end lies before its start.
    case endBeforeStart
    /// A list has an empty page with a link to the next.
    case emptyPages
    /// A removal is followed by its `Location` alone.
    case locationOnly
    /// An operation that is polled is not found for once.
    case blips
  }

  /// `true` for every quirk, or their names.
  struct QuirkList: Decodable {
    var quirks: Set<Quirk>

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let isOn = try? value.decode(Bool.self) {
        quirks = isOn ? Set(Quirk.allCases) : []
        return
      }
      let names = try value.decode([String].self)
      quirks = []
      for name in names {
        guard let quirk = Quirk(rawValue: name) else {
          throw DecodingError.dataCorrupted(
            .init(
              codingPath: decoder.codingPath,
              debugDescription:
                "unknown quirk '\(name)'; known are \(Quirk.allCases.map(\.rawValue).joined(separator: ", "))"))
        }
        quirks.insert(quirk)
      }
    }
  }
}
