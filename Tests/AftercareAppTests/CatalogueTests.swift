import Foundation
import RecoveryCore
import Testing
import Yams

@testable import AftercareApp

@Suite("The catalogue")
struct CatalogueTests {
  @Test("that is shipped is config/catalogue.yaml, and knows what matters most")
  func shipped() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "config/catalogue.yaml")
    let root = try #require(try Yams.compose(yaml: String(contentsOf: url, encoding: .utf8)))
    let reader = ConfigurationReader(file: "catalogue.yaml", environment: [:])
    let entries = reader.catalogue(try #require(root.mapping?["extensions"]), "extensions")
    #expect(reader.problems.isEmpty)
    #expect(Catalogue(entries) == ConfigurationReader.shippedCatalogue)
    let shipped = ConfigurationReader.shippedCatalogue
    #expect(shipped[.azureMonitorLinuxAgent]?.needsIdentity == true)
    #expect(shipped[.dependencyAgentLinux]?.after == [.azureMonitorLinuxAgent])
    for (publisher, type) in [
      ("Microsoft.Compute", "CustomScriptExtension"), ("Microsoft.Azure.Extensions", "CustomScript"),
      ("Microsoft.Powershell", "DSC"), ("Microsoft.Compute", "JsonADDomainExtension"),
      ("Microsoft.Azure.Security", "AzureDiskEncryption"), ("Microsoft.OSTCExtensions", "VMAccessForLinux"),
      ("Microsoft.CPlat.Core", "RunCommandWindows"),
    ] {
      #expect(shipped[ExtensionKind(publisher: publisher, type: type)]?.replay == .never, "\(publisher).\(type)")
    }
    let mobility = ExtensionKind(publisher: "Microsoft.Azure.RecoveryServices.SiteRecovery2", type: "LinuxUBUNTU2604")
    #expect(shipped[mobility]?.replay == .leave, "whatever type the next release of Linux brings")
    #expect(!entries.contains { $0.kind.publisher.contains("SiteRecovery") && $0.replay != .leave })
  }

  @Test("is overridden by the configuration, entry by entry")
  func overridden() throws {
    let read = try ConfigurationFile.parse(
      ConfigurationTests.minimal + """
        unknownExtensions: restore
        catalogue:
          - {publisher: Contoso, type: Watcher, os: linux, replay: restore, protectedSettings: required, after: [Microsoft.Azure.Monitor.AzureMonitorLinuxAgent]}
          - {publisher: Microsoft.Compute, type: CustomScriptExtension, replay: leave}

        """, file: "a.yaml")
    let watcher = try #require(read.catalogue[ExtensionKind(publisher: "contoso", type: "WATCHER")])
    #expect(watcher.protectedSettings == .required)
    #expect(watcher.after == [.azureMonitorLinuxAgent])
    #expect(
      read.catalogue[ExtensionKind(publisher: "Microsoft.Compute", type: "CustomScriptExtension")]?.replay == .leave)
    #expect(read.catalogue.unknown == .restore)
    #expect(read.catalogue.count == ConfigurationReader.shippedCatalogue.count + 1)
  }

  @Test(
    "and profiles are told what is wrong with them",
    arguments: [
      ("catalogue: [{publisher: P, type: T}]", "needs 'publisher', 'type' and 'replay'"),
      ("catalogue: [{publisher: P, type: T, replay: sometimes}]", "expected one of restore, never, leave"),
      ("profiles: [{name: p, match: {os: linux}}]", "the profile names nothing"),
      (
        "profiles: [{name: p, extensions: [{publisher: Microsoft.Compute, type: CustomScriptExtension, os: linux}]}]",
        "is an extension for windows machines"
      ),
      (
        "profiles: [{name: p, extensions: [{publisher: P, type: T, protectedSettingsFile: nowhere.json}]}]",
        "cannot be read"
      ),
      (
        "profiles: [{name: p, extensions: [{publisher: P, type: T, protectedSettingsFromKeyVault: {secretUrl: \"https://v/secrets/s\"}}]}]",
        "needs secretUrl and sourceVault"
      ),
      ("profiles: [{name: p, data: {workspace: my-workspace}}]", "expected the workspace's GUID"),
      ("profiles: [{name: p, associations: [{rule: dcr-web}]}]", "Microsoft.Insights/dataCollectionRules/NAME"),
    ])
  func problems(yaml: String, words: String) {
    let said = ConfigurationTests.problems(ConfigurationTests.minimal + yaml + "\n")
    #expect(said.contains { $0.contains(words) && $0.hasPrefix("a.yaml:") }, "\(said)")
  }

  @Test("Profiles that contradict each other are a warning that names both, unless no machine can match both")
  func contradictions() throws {
    func warnings(_ first: String, _ second: String) throws -> [String] {
      try ConfigurationFile.parse(
        ConfigurationTests.minimal + """
          profiles:
            - {name: one, \(first), extensions: [{publisher: P, type: T, version: "1.0"}]}
            - {name: two, \(second), extensions: [{publisher: P, type: T, version: "2.0"}]}

          """, file: "a.yaml"
      ).warnings
    }
    let same = try warnings("match: {locations: [ukwest]}", "match: {tags: {role: web}}")
    #expect(same.contains { $0.contains("'one' and 'two'") && $0.contains("P.T") })
    #expect(try warnings("match: {os: windows}", "match: {os: linux}").isEmpty)
    #expect(try warnings("match: {tags: {role: db}}", "match: {tags: {Role: web}}").isEmpty)
  }
}
