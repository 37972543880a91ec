import FoundationEssentials
package import JSONReading

/// How values are written into a column: one line of JSON with sorted keys, so that equal values are equal text and an
/// unchanged one need not be written again. (A set's members have no order: at worst they are written once too often.)
/// Each carries a checksum.
package enum JournalJSON {
  package static func encode(_ value: some Encodable) throws -> String {
    RowChecksum.add(to: try RowEncoder.encode(value))
  }

  /// The table and key are for the error: a damaged row must be found by a person.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, from text: String, table: String, key: String
  ) throws -> Value {
    try decode(type, from: Array(text.utf8), table: table, key: key)
  }

  /// - Parameters:
  ///   - isRight: whether the checksum is; nil when nobody has looked.
  ///   - quickly: a way that costs less than Swift's coding system, for what it can read.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], isRight: Bool? = nil, table: String, key: String,
    quickly: (JSONDocument) -> Value? = { _ in nil }
  ) throws -> Value {
    guard isRight ?? RowChecksum.isRight(bytes) else {
      throw DamagedRow(table: table, key: key, reason: RowChecksum.broken)
    }
    if let document = try? JSONDocument(parsing: bytes) {
      if let value = quickly(document) { return value }
      if let value = try? document.decode(type) { return value }
    }
    // What is wrong, and where, Foundation says better.
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw DamagedRow(table: table, key: key, reason: reason(for: error))
    }
  }

  /// Names the place and never the value: an operation's URL is signed and must not reach a log.
  private static func reason(for error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      "'\(place(context.codingPath + [key]))' is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "'\(place(context.codingPath))' is not of the expected type"
    case DecodingError.dataCorrupted(let context):
      context.codingPath.isEmpty ? "it is not JSON" : "'\(place(context.codingPath))' has an unexpected value"
    default: "it cannot be decoded"
    }
  }

  private static func place(_ path: [any CodingKey]) -> String {
    path.map { $0.stringValue }.joined(separator: ".")
  }
}

/// A row that is there and cannot be understood. It is never skipped: a forgotten item would be an unwatched machine.
package struct DamagedRow: Error {
  package let table: String
  package let key: String
  package let reason: String

  package init(table: String, key: String, reason: String) {
    self.table = table
    self.key = key
    self.reason = reason
  }
}
