import Crypto
import FoundationEssentials
import Glibc
import JournalFormat
import RecoveryCore

/// The key is a file beside the journal, for the writer of this state directory alone.
extension OperationSeal {
  static let fileName = "journal.key"

  private static let keyBytes = 32

  /// Reads the key, or makes one where there is none that can be used.
  init(directory: String) throws(JournalError) {
    let path = directory + "/" + OperationSeal.fileName
    if let known = OperationSeal(existingIn: directory) {
      _ = unsafe chmod(path, 0o600)
      self = known
      return
    }
    let key = SymmetricKey(size: .bits256)
    try StateDirectory.createPrivateFile(path)
    do {
      // Written in place, so that its mode stays. One that a crash leaves half written is replaced at the next start.
      try unsafe key.withUnsafeBytes { bytes in unsafe Data(bytes) }.write(to: URL(filePath: path))
    } catch {
      throw JournalError(.cannotOpen, "cannot write \(path): \(error). Check the owner of the directory and the disk.")
    }
    self.init(key: key)
  }

  /// Nil where there is none that can be used.
  init?(existingIn directory: String) {
    let path = directory + "/" + OperationSeal.fileName
    guard let data = FileManager.default.contents(atPath: path), data.count == OperationSeal.keyBytes else {
      return nil
    }
    self.init(key: SymmetricKey(data: data))
  }
}
