package import Crypto
import FoundationEssentials
package import RecoveryCore

/// Keeps the addresses of running operations readable for who has the key alone: they are signed, and a copy of the
/// journal, in a backup or a support case, must not carry them.
///
/// Without the key an operation is followed by its resource's own state, which says whether it is over, and less of why.
package struct OperationSeal: Sendable {
  private static let mark = "sealed:"

  private let key: SymmetricKey

  package init(key: SymmetricKey) { self.key = key }

  /// A key that follows from a secret text, for those who share the secret and no file.
  package init(secret: String) {
    key = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("aftercare.journal.key".utf8),
      outputByteCount: 32)
  }

  /// The heal as it may be written down.
  package func closed(_ heal: Heal) throws -> Heal { try heal.mappingOperationURLs(close) }

  /// The same where there may be no key: then the addresses are left out.
  package static func close(_ heal: Heal, with seal: OperationSeal?) throws -> Heal {
    try heal.mappingOperationURLs { url in try seal?.close(url) }
  }

  package static func close(_ operation: OperationHandle, with seal: OperationSeal?) throws -> OperationHandle {
    try operation.mappingURLs { url in try seal?.close(url) }
  }

  /// Equal addresses under one key are equal when sealed, so that an unchanged heal is not written again: the nonce
  /// follows from the address.
  private func close(_ url: OperationURL) throws -> OperationURL? {
    let plain = Data(url.text.utf8)
    let code = HMAC<SHA256>.authenticationCode(for: plain, using: key)
    let nonce = try AES.GCM.Nonce(data: Data(code).prefix(12))
    guard let box = try AES.GCM.seal(plain, using: key, nonce: nonce).combined else { return nil }
    return OperationURL(OperationSeal.mark + box.base64EncodedString())
  }

  /// The heal as it was. An address that another key has sealed is left out.
  package static func open(_ heal: Heal, with seal: OperationSeal?) -> Heal {
    heal.mappingOperationURLs { open($0, with: seal) }
  }

  package static func open(_ operation: OperationHandle, with seal: OperationSeal?) -> OperationHandle {
    operation.mappingURLs { open($0, with: seal) }
  }

  private static func open(_ url: OperationURL, with seal: OperationSeal?) -> OperationURL? {
    let text = url.text
    guard text.hasPrefix(mark) else { return url }
    guard let seal, let data = Data(base64Encoded: String(text.dropFirst(mark.count))),
      let box = try? AES.GCM.SealedBox(combined: data), let plain = try? AES.GCM.open(box, using: seal.key)
    else { return nil }
    return OperationURL(String(decoding: plain, as: UTF8.self))
  }
}

extension Heal {
  fileprivate func mappingOperationURLs(_ change: (OperationURL) throws -> OperationURL?) rethrows -> Heal {
    var heal = self
    for index in heal.steps.indices {
      heal.steps[index].operation = try heal.steps[index].operation?.mappingURLs(change)
    }
    return heal
  }
}

extension OperationHandle {
  fileprivate func mappingURLs(_ change: (OperationURL) throws -> OperationURL?) rethrows -> OperationHandle {
    var operation = self
    operation.statusURL = try statusURL.flatMap(change)
    operation.locationURL = try locationURL.flatMap(change)
    return operation
  }
}
