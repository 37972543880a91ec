/// The row that says which journal it is.
package struct JournalIdentity: Codable, Sendable {
  /// 16 hexadecimal digits.
  package var journal: String

  package static func drawn() -> JournalIdentity {
    let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
    return JournalIdentity(journal: String(repeating: "0", count: 16 - digits.count) + digits)
  }
}
