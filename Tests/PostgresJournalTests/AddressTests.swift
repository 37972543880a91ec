import RecoveryCore
import Testing

@testable import PostgresJournal

@Suite("The URL of a database")
struct AddressTests {
  private func refusal(_ url: String) -> JournalError? {
    #expect(throws: JournalError.self) { _ = try DatabaseAddress(url: url) }
  }

  @Test("says who and where, and never the password")
  func description() throws {
    let address = try DatabaseAddress(url: "postgresql://care:pa%40ss@db.example:6432/aftercare")
    #expect(address.description == "database 'aftercare' at db.example:6432 as user 'care'")
    #expect(address.password == "pa@ss")
    let several = try DatabaseAddress(url: "postgresql://care@one,two:6432/aftercare?target_session_attrs=any")
    #expect(several.description == "database 'aftercare' at one:5432,two:6432 as user 'care'")
    #expect(several.options(for: several.hosts[0], password: nil)["target_session_attrs"] == "any")
  }

  @Test("is taken with the server's identity verified, unless the server is on this host")
  func encryption() throws {
    let remote = try DatabaseAddress(url: "postgresql://care@db.example/aftercare")
    let options = remote.options(for: remote.hosts[0], password: "p")
    #expect(options["sslmode"] == "verify-full")
    #expect(options["application_name"] == "aftercare" && options["tcp_user_timeout"] == "30000")
    for place in ["localhost", "127.0.0.1", "[::1]", "%2Frun%2Fpostgresql"] {
      let local = try DatabaseAddress(url: "postgresql://care@\(place)/aftercare")
      #expect(local.options(for: local.hosts[0], password: nil)["sslmode"] == "prefer", "\(place)")
    }
  }

  @Test(
    "that would be read along is refused with what to write",
    arguments: ["disable", "allow", "prefer", "require", "verify-ca"])
  func weak(mode: String) throws {
    for host in ["db.example", "127.0.0.1.example", "10.0.0.1", "localhost,db.example"] {
      let error = refusal("postgresql://care:hunter22@\(host)/aftercare?sslmode=\(mode)")
      #expect(error?.code == .cannotOpen)
      let remedy = "sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt"
      #expect(error?.message.contains(remedy) == true && error?.message.contains("sslmode=\(mode)") == true)
      #expect(error?.message.contains("hunter22") == false)
    }
    _ = try DatabaseAddress(url: "postgresql://care@localhost/aftercare?sslmode=\(mode)")
  }

  @Test(
    "that cannot be read is refused without being repeated",
    arguments: [
      "postgresql://care:hunter22%zz@db.example/aftercare", "mysql://care:hunter22@db/aftercare",
      "host=db password=hunter22 dbname=aftercare", "postgresql://care:hunter22@/aftercare",
      "postgresql://care:hunter22@db.example", "postgresql://care:hunter22@db/aftercare?nonsense=1",
      "postgresql://care:hunter22@a:1,b:2,c/aftercare?port=1,2", "postgresql://care:hunter22@db/aftercare?service=x",
      "",
    ])
  func unreadable(url: String) {
    let error = refusal(url)
    #expect(error?.code == .cannotOpen)
    #expect(error?.message.contains("hunter22") == false && error?.message.contains("zz") == false)
    #expect(error?.message.contains("database's URL") == true)
  }
}
