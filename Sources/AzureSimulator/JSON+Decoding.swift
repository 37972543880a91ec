extension JSON: Decodable {
  /// Any document. The order of members is not kept by decoders: they are sorted.
  init(from decoder: any Decoder) throws {
    if let members = try? decoder.container(keyedBy: AnyKey.self) {
      self = .object(
        try members.allKeys.sorted { $0.stringValue < $1.stringValue }.map {
          ($0.stringValue, try members.decode(JSON.self, forKey: $0))
        })
      return
    }
    if var values = try? decoder.unkeyedContainer() {
      var elements: [JSON] = []
      while !values.isAtEnd { elements.append(try values.decode(JSON.self)) }
      self = .array(elements)
      return
    }
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let integer = try? value.decode(Int.self) {
      self = .integer(integer)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else {
      self = .string(try value.decode(String.self))
    }
  }
}

extension JSON {
  /// The same document without its null members.
  var withoutNulls: JSON {
    switch self {
    case .object(let members):
      .object(
        members.compactMap { name, value in
          if case .null = value { return nil }
          return (name, value.withoutNulls)
        })
    case .array(let values): .array(values.map(\.withoutNulls))
    default: self
    }
  }

  /// The same document with strings for numbers.
  var withTextNumbers: JSON {
    switch self {
    case .object(let members): .object(members.map { ($0, $1.withTextNumbers) })
    case .array(let values): .array(values.map(\.withTextNumbers))
    case .integer(let value): .string(String(value))
    case .number(let value): .string(String(value))
    default: self
    }
  }

  init(_ words: [String]) { self = .array(words.map { .string($0) }) }
}

extension JSON {
  subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.0 == name }?.1
  }

  var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }
}
