import JournalFormat
import RecoveryCore

extension JournalError {
  /// What went wrong with the database at an address, in words that name it and say what to do. No secret is in them.
  init(_ error: any Error, at address: DatabaseAddress) {
    let place = address.description
    switch error {
    case let known as JournalError: self = known
    case let row as DamagedRow:
      self.init(
        .damaged,
        "\(place): row '\(row.key)' of table '\(row.table)' cannot be understood: \(row.reason). Stop aftercare and "
          + "restore a backup of the database; nothing was changed, and no row is skipped")
    case WireFailure.notConnected(let failure): self.init(failure, address, place)
    case WireFailure.refused(let refusal): self.init(refusal, address, place)
    case WireFailure.lost(let words):
      self.init(
        .failed,
        "\(place): the connection was lost: \(words). The next call makes a new one; see whether the server runs")
    default: self.init(.failed, "\(place): \(error)")
    }
  }

  private init(_ failure: ConnectFailure, _ address: DatabaseAddress, _ place: String) {
    let words = failure.words
    switch failure.kind {
    case .unreachable:
      self.init(
        .cannotOpen,
        "\(place) cannot be reached: \(words). Check that the server runs, its name and port, and what stands between")
    case .timedOut:
      self.init(
        .cannotOpen,
        "\(place) cannot be reached: \(words). Check its name and port, and whether a firewall drops what is sent there"
      )
    case .untrusted:
      self.init(
        .cannotOpen,
        "\(place): the server's certificate is not trusted: \(words). Name the authority that signed it with "
          + "sslrootcert=FILE in the URL; for one that this host trusts anyhow, \(DatabaseAddress.systemRoots)")
    case .wrongName:
      self.init(
        .cannotOpen,
        "\(place): the server's certificate is one of another name: \(words). Write the name in the URL that the "
          + "certificate has")
    case .withoutTLS:
      self.init(
        .cannotOpen,
        "\(place): the server offers no TLS: \(words). Turn it on there (ssl = on); nothing is written in the clear to "
          + "another host")
    case .noPassword:
      self.init(
        .cannotOpen,
        "\(place): there is no password to log in with: \(words). Give one beside the URL, or an identity that gets a "
          + "token"
      )
    case .readOnlyServer: self = JournalError.readOnly(place, words)
    case .schemaTooNew:
      self.init(
        .tooNew,
        "\(place) was written by a newer aftercare than this one. Use that version, or one after it; this one will not "
          + "guess at what its tables mean.")
    case .schemaUnknown:
      self.init(
        .damaged, "\(place) is damaged: its list of schema versions is none that any aftercare wrote. Restore a backup")
    case .schemaOlder:
      self.init(
        .cannotOpen,
        "\(place) is empty, or was written by an older aftercare: it is brought up to date by the next start of "
          + "`aftercare run`")
    case .refused(let code): self.init(Refusal(code: code, message: words, isFatal: true), address, place)
    case .other: self.init(.cannotOpen, "\(place) cannot be opened: \(words)")
    }
  }

  private init(_ refusal: Refusal, _ address: DatabaseAddress, _ place: String) {
    let words = refusal.message
    switch refusal.code {
    case "AC001", "AC002": self.init(.fenced, words)
    case "AC003": self.init(.locked, words)
    case "28P01":
      self.init(
        .cannotOpen,
        "\(place): the password is wrong: \(words). Set the right one; a token must not be older "
          + "than it lasts")
    case "28000":
      self.init(
        .cannotOpen,
        "\(place) does not let this user in from here: \(words). Add a line for it to the server's pg_hba.conf, or to "
          + "its firewall")
    case "3D000":
      self.init(
        .cannotOpen,
        "\(place) does not exist: \(words). Make it: CREATE DATABASE \(quoted(address.database)) OWNER "
          + "\(quoted(address.user ?? "aftercare"))")
    case "42501", "3F000":
      self.init(
        .readOnly,
        "\(place): the user lacks a right: \(words). \(JournalError.grants(to: address.user ?? "aftercare"))")
    case "25006": self = JournalError.readOnly(place, words)
    case "53100":
      self.init(
        .full,
        "\(place): \(words). Free space on the server's disk; nothing was written, and what is in the journal is whole."
      )
    case "53300":
      self.init(
        .cannotOpen,
        "\(place) has no connection left: \(words). An instance needs four; raise max_connections there, or end what "
          + "holds them")
    case "57P01", "57P02", "57P03":
      self.init(.failed, "\(place) is starting or shutting down: \(words). It is tried again with the next call")
    case "57014":
      self.init(
        .failed,
        "\(place) took too long: \(words). See what else it does (pg_stat_activity), and whether a lock is held")
    case "40P01", "40001", "55P03":
      self.init(.failed, "\(place): \(words). Something else writes to these tables; nothing was written")
    default: self.init(.failed, "\(place): \(words) (code \(refusal.code))")
    }
  }

  private static func readOnly(_ place: String, _ words: String) -> JournalError {
    JournalError(
      .readOnly,
      "\(place) takes no writes: \(words). Name the primary in the URL, or all servers with "
        + "target_session_attrs=read-write; on a primary see default_transaction_read_only, which Azure sets when the "
        + "disk is nearly full")
  }

  private static func grants(to user: String) -> String {
    let user = quoted(user)
    return "As the owner of the schema: GRANT USAGE, CREATE ON SCHEMA … TO \(user); and for tables that another user "
      + "made: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA … TO \(user)"
  }
}

/// As SQL writes a name.
private func quoted(_ name: String) -> String {
  let isPlain = name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
  return isPlain
    ? name : "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
