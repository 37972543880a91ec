/// SplitMix64: the same numbers for the same seed, everywhere and for ever.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// True with that probability.
  public mutating func chance(_ probability: Double) -> Bool {
    probability > 0 && Double(next() >> 11) / Double(UInt64(1) << 53) < probability
  }

  public mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  public mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }

  /// A generator whose numbers do not depend on how many this one gives afterwards.
  public mutating func fork() -> SeededGenerator { SeededGenerator(seed: next()) }
}
