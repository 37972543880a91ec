/// `protectionState` of a protected item: an open set, of which only some names mean something to us.
public struct ProtectionState: Hashable, Sendable, Codable, CustomStringConvertible {
  public let text: String

  public init(_ text: String) { self.text = text }

  /// What a state means for the question "is a failover complete?".
  public enum Meaning: String, Sendable {
    /// The failover is done, committed or not: the machine is running.
    case failedOver
    /// Protected, or being seeded: the machine at the source is the live one.
    case protected
    /// Not protected yet.
    case enabling
    /// A name we do not know. It means "in between" and never "done".
    case unknown
  }

  public var meaning: Meaning {
    switch text.lowercased() {
    case "unplannedfailovercommitpendingstatesbegin", "unplannedfailovercommitrequired", "unplannedfailovercommitted",
      "plannedfailovercommitrequired", "plannedfailoverstatesbegin", "plannedfailovercommitted", "failovercompleted",
      "failovercommited", "failovercommitted":
      .failedOver
    case "protected", "initialreplicationinprogress", "initialreplicationrecoverycompletionpending": .protected
    case "enablingprotection", "unprotectedstatesbegin", "notprotected": .enabling
    default: .unknown
    }
  }

  public var description: String { text }

  public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
