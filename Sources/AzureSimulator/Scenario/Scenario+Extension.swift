extension Scenario {
  /// `AzureMonitorAgent`, `DependencyAgent`, or a publisher and a type.
  public struct Extension: Sendable, Decodable {
    public var publisher: String
    public var type: String
    public var version: String
    /// When it differs from the type.
    public var name: String?
    var settings: JSON?
    public var provisionAfterExtensions: [String]
    public var enableAutomaticUpgrade: Bool
    public var autoUpgradeMinorVersion: Bool
    /// It does something once; running it again is a fault that the truth counts.
    public var runOnce: Bool
    /// Its install fails unless protected settings, or a reference to a Key Vault, come with it.
    public var needsProtectedSettings: Bool

    enum CodingKeys: String, CodingKey, CaseIterable {
      case publisher, type, version, name, settings, provisionAfterExtensions, enableAutomaticUpgrade
      case autoUpgradeMinorVersion, runOnce, needsProtectedSettings
    }

    public init(from decoder: any Decoder) throws {
      if let short = try? decoder.singleValueContainer().decode(String.self) {
        self = try Extension(short: short, decoder)
        return
      }
      let values = try Strict(decoder, CodingKeys.self)
      let short = try values.optional(.type).flatMap { try? Extension(short: $0, decoder) }
      publisher = try short?.publisher ?? values.need(.publisher)
      type = try short?.type ?? values.need(.type)
      version = try values.optional(.version) ?? short?.version ?? "1.0"
      name = try values.optional(.name)
      settings = try values.optional(.settings) ?? short?.settings
      provisionAfterExtensions = try values.optional(.provisionAfterExtensions) ?? []
      enableAutomaticUpgrade = try values.optional(.enableAutomaticUpgrade) ?? true
      autoUpgradeMinorVersion = try values.optional(.autoUpgradeMinorVersion) ?? true
      runOnce = try values.optional(.runOnce) ?? false
      needsProtectedSettings = try values.optional(.needsProtectedSettings) ?? false
    }

    private init(short: String, _ decoder: any Decoder) throws {
      switch short {
      case "AzureMonitorAgent":
        (publisher, type, version) = ("Microsoft.Azure.Monitor", "AzureMonitor*Agent", "1.2")
      case "DependencyAgent":
        (publisher, type, version) = ("Microsoft.Azure.Monitoring.DependencyAgent", "DependencyAgent*", "9.10")
        // The document has it as a string.
        settings = ["enableAMA": "true"]
      default:
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath,
            debugDescription:
              "'\(short)' is neither AzureMonitorAgent nor DependencyAgent; name a publisher and a type"))
      }
      provisionAfterExtensions = []
      enableAutomaticUpgrade = true
      autoUpgradeMinorVersion = true
      runOnce = false
      needsProtectedSettings = false
    }
  }
}
