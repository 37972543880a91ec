/// The OS disk's type (`storageProfile.osDisk.osType`): the only reliable word on a failed-over machine, whose
/// `osProfile` is gone. It decides the names of agents; a machine's name never does.
public enum OperatingSystem: String, Sendable, Codable, CaseIterable {
  case windows
  case linux

  public init?(azure text: String) { self.init(rawValue: text.lowercased()) }
}
