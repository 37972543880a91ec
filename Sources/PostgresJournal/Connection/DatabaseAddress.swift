import CPostgres
import RecoveryCore

/// Where the database is, by its URL: `postgresql://user@host:port/database?option=value`.
struct DatabaseAddress: Sendable {
  struct Host: Sendable {
    var name: String
    /// Where the name is not to be looked up.
    var address: String?
    var port: String

    /// The same machine: nothing between can read along or answer in its place.
    var isLocal: Bool {
      let place = address ?? name
      return place.hasPrefix("/") || place.hasPrefix("@") || place == "localhost" || place == "::1"
        || (place.hasPrefix("127.") && place.split(separator: ".").count == 4 && place.allSatisfy { !$0.isLetter })
    }
  }

  let hosts: [Host]
  let database: String
  /// Nil for the name of the user that this process runs as.
  let user: String?
  /// The URL's own; a secret.
  let password: String?
  private let options: [String: String]

  /// For messages: who, where, and no secret.
  var description: String {
    let places = hosts.map { $0.name.hasPrefix("/") ? $0.name : "\($0.name):\($0.port)" }.joined(separator: ",")
    return "database '\(database)' at \(places)" + (user.map { " as user '\($0)'" } ?? "")
  }

  init(url: String) throws(JournalError) {
    let given = try DatabaseAddress.parse(url)
    guard given["service"] == nil else {
      throw JournalError(
        .cannotOpen,
        "the database's URL names a service: name host, port and database instead, so that all is in one place")
    }
    guard let host = given["host"] ?? given["hostaddr"], let database = given["dbname"] else {
      throw JournalError(
        .cannotOpen, "the database's URL names no host or no database: \(DatabaseAddress.form)")
    }
    hosts = try DatabaseAddress.hosts(host, addresses: given["hostaddr"], ports: given["port"])
    self.database = database
    user = given["user"]
    password = given["password"]
    options = given.filter { !["host", "hostaddr", "port", "password"].contains($0.key) }
    try checkEncryption()
  }

  private static let form = "write postgresql://user@host:port/database"

  private static func hosts(_ names: String, addresses: String?, ports: String?) throws(JournalError) -> [Host] {
    func list(_ text: String?) -> [String] {
      (text ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let (names, addresses, ports) = (list(names), list(addresses), list(ports))
    guard ports.count == 1 || ports.count == names.count, addresses.count <= 1 || addresses.count == names.count else {
      throw JournalError(.cannotOpen, "the database's URL does not name a port for each of its hosts: \(form)")
    }
    return names.indices.map { index in
      let address = addresses.count == names.count ? addresses[index] : ""
      let port = ports.count == 1 ? ports[0] : ports[index]
      return Host(name: names[index], address: address.isEmpty ? nil : address, port: port.isEmpty ? "5432" : port)
    }
  }

  /// libpq's own words for a URL that it cannot read quote it, password and all: they are left out.
  private static func parse(_ url: String) throws(JournalError) -> [String: String] {
    let isURL = url.hasPrefix("postgresql://") || url.hasPrefix("postgres://")
    var words: UnsafeMutablePointer<CChar>?
    guard isURL, let list = PQconninfoParse(url, &words) else {
      PQfreemem(words)
      throw JournalError(
        .cannotOpen,
        "the database's URL cannot be read: \(form)?option=value, with what is special in a name or a password as "
          + "%XX (an @ as %40)")
    }
    defer { PQconninfoFree(list) }
    var given: [String: String] = [:]
    var entry = list
    while let keyword = entry.pointee.keyword {
      if let value = entry.pointee.val { given[String(cString: keyword)] = String(cString: value) }
      entry += 1
    }
    return given
  }

  // MARK: - Encryption

  private func checkEncryption() throws(JournalError) {
    guard let remote = hosts.first(where: { !$0.isLocal }), let mode = options["sslmode"], mode != "verify-full" else {
      return
    }
    throw JournalError(
      .cannotOpen,
      "the database's URL says sslmode=\(mode) for \(remote.name), which lets whoever stands between read along or "
        + "answer in its place: write sslmode=verify-full&\(DatabaseAddress.systemRoots), or leave sslmode out")
  }

  /// The form that every libpq understands; `system` needs version 16.
  static let systemRoots = "sslrootcert=/etc/ssl/certs/ca-certificates.crt"

  // MARK: - Connecting

  /// What libpq is told for one of the hosts. Nothing of this is left to the environment.
  func options(for host: Host, password: String?) -> [String: String] {
    var all: [String: String] = [
      "application_name": "aftercare",
      "client_encoding": "UTF8",
      "gssencmode": "disable",
      "sslmode": host.isLocal ? "prefer" : "verify-full",
      // A peer that is gone without a word is noticed within a minute.
      "keepalives": "1", "keepalives_idle": "20", "keepalives_interval": "10", "keepalives_count": "3",
      "tcp_user_timeout": "30000",
    ]
    // Among several servers it is the one that takes writes.
    if hosts.count > 1 { all["target_session_attrs"] = "read-write" }
    all.merge(options) { $1 }
    all["host"] = host.name
    all["hostaddr"] = host.address
    all["port"] = host.port
    all["password"] = password
    return all
  }
}
