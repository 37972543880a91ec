/// What is known of extensions by publisher and type: the knowledge that no read of a machine gives.
///
/// The shipped one is data, `config/catalogue.yaml`; the configuration adds to it and overrides it.
public struct Catalogue: Hashable, Sendable {
  /// Whether an extension that a machine had may be put back by itself.
  public enum Replay: String, Sendable, CaseIterable {
    /// Monitoring, security and the like: what it does, it does for as long as it is there.
    case restore
    /// It runs something once: a second run may do harm, so only a profile that names it has it installed.
    case never
    /// It belongs to Azure or to Site Recovery, which bring it back themselves.
    case leave
  }

  /// Whether it has protected settings. No read returns them or tells that there are any.
  public enum ProtectedSettings: String, Sendable, CaseIterable {
    case none
    /// It may have some: nobody but its owner knows.
    case possible
    case required
  }

  public struct Entry: Hashable, Sendable {
    public var kind: ExtensionKind
    /// The one OS that it is made for; nil for any.
    public var operatingSystem: OperatingSystem?
    public var replay: Replay
    public var protectedSettings: ProtectedSettings
    /// Whether it is useless until the machine has its managed identity.
    public var needsIdentity: Bool
    /// Installed before it, when the machine has them both.
    public var after: [ExtensionKind]

    public init(
      kind: ExtensionKind, replay: Replay, protectedSettings: ProtectedSettings = .none, needsIdentity: Bool = false,
      after: [ExtensionKind] = []
    ) {
      self.kind = kind
      self.replay = replay
      self.protectedSettings = protectedSettings
      self.needsIdentity = needsIdentity
      self.after = after
    }
  }

  /// What becomes of an extension that the catalogue does not know.
  public enum Unknown: String, Sendable, CaseIterable {
    /// It is reported and not replayed: nobody can tell whether it runs something once or had protected settings.
    case report
    /// It is put back as it was.
    case restore
  }

  private var entries: [ExtensionKind: Entry]
  public var unknown: Unknown

  public init(_ entries: [Entry] = [], unknown: Unknown = .report) {
    self.entries = Dictionary(entries.map { ($0.kind, $0) }, uniquingKeysWith: { _, later in later })
    self.unknown = unknown
  }

  /// The entry of the kind itself, or the one for every type of its publisher, whose type is `*`.
  public subscript(kind: ExtensionKind) -> Entry? {
    entries[kind] ?? entries[ExtensionKind(publisher: kind.publisher, type: "*")]
  }

  public var count: Int { entries.count }

  /// This catalogue with others' entries in the place of its own.
  public func overridden(by others: [Entry]) -> Catalogue {
    var catalogue = self
    for entry in others { catalogue.entries[entry.kind] = entry }
    return catalogue
  }
}
