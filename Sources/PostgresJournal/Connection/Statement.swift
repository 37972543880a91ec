/// One statement of SQL with its parameters, which travel beside the text and never in it.
struct Statement: Sendable {
  let sql: String
  let parameters: [Parameter]

  init(_ sql: String, _ parameters: Parameter...) {
    self.sql = sql
    self.parameters = parameters
  }

  init(_ sql: String, parameters: [Parameter]) {
    self.sql = sql
    self.parameters = parameters
  }

  /// Not with the rights of a setting: a database that is set to be read only is meant to stay as it is.
  static let begin = Statement("BEGIN ISOLATION LEVEL READ COMMITTED")
  /// Several reads that see one moment.
  static let beginReading = Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
  static let commit = Statement("COMMIT")
  static let rollback = Statement("ROLLBACK")
}

/// A value in PostgreSQL's text form.
struct Parameter: Sendable {
  /// Nil is NULL.
  let text: String?

  /// PostgreSQL keeps no zero byte in a text, and libpq would cut there: it becomes the sign for what cannot be shown.
  static func text(_ value: String?) -> Parameter {
    guard let value, value.utf8.contains(0) else { return Parameter(text: value) }
    return Parameter(text: String(decoding: value.utf8.flatMap { $0 == 0 ? replacement : [$0] }, as: UTF8.self))
  }

  static func number(_ value: some BinaryInteger) -> Parameter { Parameter(text: String(value)) }

  /// For `$n::text[]`.
  static func texts(_ values: [String?]) -> Parameter {
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    bytes.reserveCapacity(values.reduce(2) { $0 + ($1?.utf8.count ?? 4) + 3 })
    for (index, value) in values.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      guard let value else {
        bytes.append(contentsOf: "NULL".utf8)
        continue
      }
      bytes.append(UInt8(ascii: "\""))
      for byte in value.utf8 {
        switch byte {
        case 0: bytes.append(contentsOf: replacement)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        default: bytes.append(byte)
        }
      }
      bytes.append(UInt8(ascii: "\""))
    }
    bytes.append(UInt8(ascii: "}"))
    return Parameter(text: String(decoding: bytes, as: UTF8.self))
  }

  /// For `$n::bigint[]` and `$n::integer[]`.
  static func numbers(_ values: [Int64?]) -> Parameter {
    Parameter(text: "{" + values.map { $0.map(String.init) ?? "NULL" }.joined(separator: ",") + "}")
  }

  private static let replacement = Array("\u{FFFD}".utf8)
}
