import HTTPTypes

/// The names of fields that answers have, made once: each answer of a service has the same ones. Lives on the transfer
/// thread alone.
final class FieldNames {
  /// Each in the place that its bytes lead to; another one takes it over.
  private var places: [HTTPField.Name?] = Array(repeating: nil, count: 256)

  /// Nil if it is no HTTP token.
  func name(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> HTTPField.Name? {
    guard let first = bytes.first, let last = bytes.last else { return nil }
    let place = (bytes.count &* 31 ^ Int(first) &* 7 ^ Int(last)) & 0xFF
    if let known = places[place], known.rawName.utf8.elementsEqual(bytes) { return known }
    let name = HTTPField.Name(String(decoding: bytes, as: UTF8.self))
    places[place] = name
    return name
  }
}
