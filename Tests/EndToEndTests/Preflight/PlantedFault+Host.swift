import AftercareApp
import Foundation
import GRDB
import RecoveryCore
import SQLiteJournal

extension PlantedFault {
  private static func makeState(_ region: Region, mode: Int) throws {
    try FileManager.default.createDirectory(
      at: region.folder.appending(path: "state"), withIntermediateDirectories: true,
      attributes: [.posixPermissions: mode])
  }

  private static func makeJournal(_ region: Region) throws -> String {
    let state = region.folder.appending(path: "state").path
    _ = try JournalDatabase(directory: state, access: .readWrite)
    return state + "/journal.sqlite"
  }

  /// In the place of the Key Vault reference.
  private static func secretFile(_ yaml: String) -> String {
    guard let start = yaml.firstRange(of: "        protectedSettingsFromKeyVault:") else { return yaml }
    return yaml[..<start.lowerBound] + "        protectedSettingsFile: secrets.json\n"
  }

  private static func makeSecrets(_ region: Region, mode: Int) throws {
    let file = region.folder.appending(path: "secrets.json").path
    try Data(#"{"storageAccountKey": "key"}"#.utf8).write(to: URL(filePath: file))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
  }

  static let hosts = [
    PlantedFault(
      name: "a state directory that others may read", host: { try makeState($0, mode: 0o755) },
      check: .stateDirectory, subject: "/state", found: "has mode 755", remedy: "chmod 700 '"),
    PlantedFault(
      name: "a state directory that cannot be made",
      configuration: replacing("state: ./state", with: "state: ./aftercare.yaml/state"),
      check: .stateDirectory, subject: "/aftercare.yaml/state", found: "cannot make it",
      remedy: "sudo install -d -m 700"),
    PlantedFault(
      name: "a state directory that is a file",
      configuration: replacing("state: ./state", with: "state: ./aftercare.yaml"),
      check: .stateDirectory, subject: "/aftercare.yaml", found: "is no directory", remedy: "'state'"),
    PlantedFault(
      name: "a journal that is damaged",
      host: { region in
        let file = URL(filePath: try makeJournal(region))
        let whole = try Data(contentsOf: file)
        try (Data("no journal at all".utf8) + whole.dropFirst(17)).write(to: file)
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) }
      },
      check: .journal, subject: "/state/journal.sqlite", found: "is damaged", remedy: "aftercare state restore"),
    PlantedFault(
      name: "a journal of a newer aftercare",
      host: { region in
        let queue = try DatabaseQueue(path: try makeJournal(region))
        try await queue.write { db in
          try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('9999-from-the-future')")
        }
        try queue.close()
      },
      check: .journal, subject: "/state/journal.sqlite", found: "newer aftercare",
      remedy: "Use the aftercare that wrote it"),
    PlantedFault(
      name: "a daemon that has not looked for days",
      host: { region in
        let state = region.folder.appending(path: "state").path
        let journal = try JournalDatabase(directory: state, access: .readWrite)
        let then = SystemNow.timestamp - .seconds(3 * 86_400)
        let fence = try await journal.acquire(holder: "test", at: then)
        let vault = ResourceID(PlantedFault.vault)!
        try await journal.record(SweepReport(vault: vault, started: then, ended: then), fence: fence)
      },
      check: .journal, outcome: .warn, subject: "/state/journal.sqlite", found: "no vault was looked at for 72h00m",
      remedy: "Start the daemon"),
    PlantedFault(
      name: "protected settings that others may read", configuration: secretFile,
      host: { try makeSecrets($0, mode: 0o644) },
      check: .protectedSettingsFile, subject: "/secrets.json", found: "has mode 644", remedy: "chmod 600 '"),
    PlantedFault(
      name: "a machine that is gone",
      host: { try await $0.post("machine", #"{"name": "erp-web-01", "exists": false}"#) },
      check: .machines, outcome: .warn, subject: "1 of 2 items", found: "erp-web-01: its machine was not looked at",
      remedy: "aftercare plan 'erp-web-01'"),
    PlantedFault(
      name: "machines that may not be read",
      scenario: roles(at: source, ""),
      check: .machines, subject: "2 of 2 items", found: "AuthorizationFailed", remedy: "Grant the identity the action",
      also: [.permissions]),
    PlantedFault(
      name: "a mode in which nothing is healed", configuration: { "mode: observe\n" + $0 },
      check: .configuration, outcome: .warn, subject: "aftercare.yaml", found: "nothing is healed",
      remedy: "Set mode: heal"),
    PlantedFault(
      name: "an agent without an identity",
      configuration: replacing("    identity: {systemAssigned: true}\n", with: ""),
      check: .configuration, outcome: .warn, subject: "aftercare.yaml", found: "names no identity",
      remedy: "docs/configuration.md"),
  ]

  private static let rule = "dcr-0123456789abcdef0123456789abcdef"
  private static func table(_ stream: String, ofRule rule: String = rule) -> @Sendable (String) -> String {
    { yaml in
      let endpoint = yaml.split(separator: "\n").first { $0.hasPrefix("endpoint: ") }?.dropFirst(10) ?? ""
      return yaml + """
        sinks:
          - {kind: logsIngestion, endpoint: "\(endpoint)", rule: \(rule), stream: \(stream)}

        """
    }
  }

  static let sinks = [
    PlantedFault(
      name: "a file of events in a directory that is not there",
      configuration: { $0 + "sinks: [{kind: file, path: ./none/events.log}]\n" },
      check: .sink, subject: "file", found: "cannot write to", remedy: "Check the directory"),
    PlantedFault(
      name: "a webhook where nobody listens",
      configuration: { $0 + "sinks: [{kind: webhook, name: pager, url: \"http://127.0.0.1:9/secret-key\"}]\n" },
      check: .sink, subject: "pager", found: "onnect", remedy: "Check the address of the sink"),
    PlantedFault(
      name: "a table whose rule is not there",
      scenario: { "streams: {\(rule): Custom-Aftercare}\n" + $0 },
      configuration: table("Custom-Aftercare", ofRule: "dcr-ffffffffffffffffffffffffffffffff"),
      check: .sink, subject: "logsIngestion", found: "not found", remedy: "immutable id"),
    PlantedFault(
      name: "a table whose stream is not there",
      scenario: { "streams: {\(rule): Custom-Aftercare}\n" + $0 }, configuration: table("Custom-Other"),
      check: .sink, subject: "logsIngestion", found: "InvalidStream", remedy: "Compare the stream"),
    PlantedFault(
      name: "a table that may not be written to",
      scenario: { "streams: {\(rule): Custom-Aftercare}\n" + $0 }, configuration: table("Custom-Aftercare"),
      answers: [
        #"{"match": "/streams/", "times": 9, "status": 403, "body": "{\"error\":{\"code\":\"OperationFailed\"}}"}"#
      ],
      check: .sink, subject: "logsIngestion", found: "OperationFailed", remedy: "Monitoring Metrics Publisher"),
  ]

  static let all = identities + permissions + regions + resources + hosts + sinks
}
