import GRDB

/// The same few statements make up every commit: they are compiled once a connection. Compiling them anew was a third of
/// what a commit cost.
extension Database {
  func run(sql: String, arguments: StatementArguments = StatementArguments()) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }

  func rows(sql: String, arguments: StatementArguments = StatementArguments()) throws -> [Row] {
    try Row.fetchAll(self, SQLRequest<Row>(sql: sql, arguments: arguments, cached: true))
  }

  func row(sql: String, arguments: StatementArguments = StatementArguments()) throws -> Row? {
    try Row.fetchOne(self, SQLRequest<Row>(sql: sql, arguments: arguments, cached: true))
  }
}
