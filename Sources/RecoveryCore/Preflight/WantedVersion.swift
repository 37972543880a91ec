/// A version of an extension as it will be asked for.
public struct WantedVersion: Hashable, Sendable {
  public var kind: ExtensionKind
  /// `major.minor`.
  public var version: String
  /// `autoUpgradeMinorVersion`: the newest minor version is taken when it is deployed.
  public var takesNewerMinor: Bool

  public init(kind: ExtensionKind, version: String, takesNewerMinor: Bool) {
    self.kind = kind
    self.version = version
    self.takesNewerMinor = takesNewerMinor
  }

  public init(_ wanted: DesiredExtension) {
    self.init(kind: wanted.kind, version: wanted.version, takesNewerMinor: wanted.autoUpgradeMinorVersion)
  }

  /// The newest of a region's versions that would be taken; nil when none fits.
  public func newest(of versions: [String]) -> String? {
    let wanted = WantedVersion.numbers(version)
    return WantedVersion.sorted(versions).last { candidate in
      let numbers = WantedVersion.numbers(candidate)
      if numbers.starts(with: wanted) { return true }
      guard takesNewerMinor, wanted.count > 1, numbers.count > 1 else { return false }
      return numbers[0] == wanted[0] && numbers[1] > wanted[1]
    }
  }

  /// Oldest first.
  static func sorted(_ versions: [String]) -> [String] {
    versions.sorted { numbers($0).lexicographicallyPrecedes(numbers($1)) }
  }

  private static func numbers(_ version: String) -> [Int] { version.split(separator: ".").map { Int($0) ?? 0 } }
}
