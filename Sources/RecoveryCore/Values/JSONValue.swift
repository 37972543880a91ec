/// Any JSON, kept as it came: an extension's `settings` belong to the extension, not to us.
public enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue {
  /// The same document in which a resource's id, wherever it stands and whatever its case, is another's: settings that
  /// name their machine follow it.
  func replacing(_ old: ResourceID, with new: ResourceID) -> JSONValue {
    switch self {
    case .string(let text):
      guard ResourceID(text) == old else { return self }
      return .string(new.text)
    case .array(let elements): return .array(elements.map { $0.replacing(old, with: new) })
    case .object(let members): return .object(members.mapValues { $0.replacing(old, with: new) })
    case .null, .bool, .integer, .number: return self
    }
  }
}

extension JSONValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let values): try container.encode(values)
    case .object(let members): try container.encode(members)
    }
  }
}
