import AftercareTesting
import Foundation
import RecoveryCore

@testable import PostgresJournal

/// The server that `script/postgres` has started.
enum Server {
  struct Missing: Error, CustomStringConvertible {
    let description = "there is no PostgreSQL server to test against: run the tests with script/test"
  }

  /// The superuser's.
  static func url() throws -> String {
    guard let url = variable("AFTERCARE_POSTGRES") else { throw Missing() }
    return url
  }

  static func certificate(_ name: String) throws -> String {
    guard let path = variable(name) else { throw Missing() }
    return path
  }

  static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }

  /// The secret part of a URL.
  static func password(of url: String) -> String {
    URLComponents(string: url)?.password ?? ""
  }
}

/// A schema of its own on the server, which is dropped when the test is over.
struct TestSchema: Sendable {
  let name: String
  let url: String

  /// Raw SQL, behind the journal's back; one connection for as long as it lives.
  let raw: RawSQL

  /// A journal's database, as an instance has it.
  func database(
    _ access: PostgresDatabase.Access = .readWrite, at url: String? = nil, span: Duration = .zero,
    edit: (inout PostgresDatabase.Configuration) -> Void = { _ in }
  ) throws -> PostgresDatabase {
    var configuration = PostgresDatabase.Configuration(
      url: url ?? self.url, sealSecret: "a secret of the tests", leaseSpan: span)
    edit(&configuration)
    return try PostgresDatabase(configuration, access: access)
  }
}

/// SQL by a connection that knows nothing of journals.
struct RawSQL: Sendable {
  private let session: Session

  init(url: String) throws {
    let plan = ConnectionPlan(
      address: try DatabaseAddress(url: url), password: { nil }, connectWithin: .seconds(10),
      statementWithin: .seconds(30), preparation: .none, isReadOnly: false)
    guard let session = Session(plan) else { throw Server.Missing() }
    self.session = session
  }

  @discardableResult
  func callAsFunction(_ sql: String, _ parameters: Parameter...) async throws -> [[String?]] {
    let statement = Statement(sql, parameters: parameters)
    let tables = try await session.perform { wire throws(WireFailure) in
      try wire.ask([statement], within: .seconds(30))
    }
    return tables.flatMap { $0.rows.map(\.values) }
  }

  func text(_ sql: String, _ parameters: Parameter...) async throws -> String? {
    let statement = Statement(sql, parameters: parameters)
    let tables = try await session.perform { wire throws(WireFailure) in
      try wire.ask([statement], within: .seconds(30))
    }
    return tables.first?.first?.text(0)
  }

  func script(_ sql: String) async throws {
    try await session.perform { wire throws(WireFailure) in try wire.run(script: sql, within: .seconds(30)) }
  }
}

/// A server has some hundred connections, and each database of a test takes up to five.
private let schemas = Places(8)

/// Runs `body` with a schema of its own.
func withSchema(_ body: (TestSchema) async throws -> Void) async throws {
  try await schemas.with { try await inSchema(body) }
}

private func inSchema(_ body: (TestSchema) async throws -> Void) async throws {
  let admin = try Server.url()
  let name = "test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
  let url = admin + "?options=-csearch_path%3D" + name
  let schema = TestSchema(name: name, url: url, raw: try RawSQL(url: url))
  try await schema.raw("CREATE SCHEMA \(name)")
  do {
    try await body(schema)
  } catch {
    _ = try? await RawSQL(url: url)("DROP SCHEMA \(name) CASCADE")
    throw error
  }
  try await RawSQL(url: url)("DROP SCHEMA \(name) CASCADE")
}

extension Samples {
  static let otherVault = id(
    "/subscriptions/1111/resourceGroups/rg-vault/providers/Microsoft.RecoveryServices/vaults/kv-other")
}

/// Runs `body`, which must throw.
func journalError(_ body: () async throws -> Void) async -> JournalError? {
  do {
    try await body()
  } catch {
    return error as? JournalError
  }
  return nil
}
