import AftercareTesting
import Foundation
import JournalFormat
import RecoveryCore
import Testing

@testable import SQLiteJournal

@Suite("The address of a running operation")
struct SealTests {
  @Test("comes back to the writer byte for byte after a restart, and stands in no file in the clear")
  func sealed() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await JournalContract.tellStory(journal) }
      for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
        let data = try Data(contentsOf: URL(filePath: directory + "/" + name))
        #expect(data.firstRange(of: Data("a%2Fb%2Bc".utf8)) == nil, "\(name)")
      }
      try await withJournal(in: directory) { journal in
        let items = try await journal.load().items
        #expect(items == [JournalSamples.healingItem()])
      }
    }
  }

  @Test("is lost with the key, and nothing else is", arguments: ["", "half a key"])
  func lostKey(content: String) async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await JournalContract.tellStory(journal) }
      try Data(content.utf8).write(to: URL(filePath: directory + "/journal.key"))
      try await withJournal(in: directory) { journal in
        let items = try await journal.load().items
        #expect(items == [JournalSamples.readItem()])
        #expect(try mode(of: directory + "/journal.key") == 0o600)
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        _ = try await journal.commit(JournalChange(item: JournalSamples.healingItem()), fence: fence)
        let again = try await journal.load().items
        #expect(again == [JournalSamples.healingItem()])
      }
    }
  }

  @Test("that an older version wrote in the clear is still read")
  func clear() {
    let heal = JournalSamples.heal()
    #expect(OperationSeal.open(heal, with: nil) == heal)
  }
}
