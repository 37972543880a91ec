extension Timestamp {
  /// An ISO 8601 time as ARM, Compute and ASR write it: with up to seven fractional digits, `Z`, an offset, or no
  /// zone at all (taken as UTC). ASR's sentinels (years 1, 1753 and 9999) parse like any other; see `isSentinel`.
  public init?(iso8601 text: some StringProtocol) {
    var scanner = DigitScanner(text)
    guard let year = scanner.number(digits: 4), scanner.skip("-"), let month = scanner.number(digits: 2),
      scanner.skip("-"), let day = scanner.number(digits: 2),
      scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
      let hour = scanner.number(digits: 2), scanner.skip(":"), let minute = scanner.number(digits: 2),
      scanner.skip(":"), let second = scanner.number(digits: 2)
    else { return nil }
    var fraction: Int64 = 0
    if scanner.skip(".") {
      guard let parsed = scanner.fractionInMilliseconds() else { return nil }
      fraction = parsed
    }
    var offsetMinutes: Int64 = 0
    if scanner.skip("Z") || scanner.skip("z") {
      offsetMinutes = 0
    } else if let sign = scanner.sign() {
      guard let hours = scanner.number(digits: 2) else { return nil }
      _ = scanner.skip(":")
      guard let minutes = scanner.number(digits: 2) else { return nil }
      offsetMinutes = sign * (hours * 60 + minutes)
    }
    guard scanner.isAtEnd,
      let midnight = Timestamp.milliseconds(year: year, month: month, day: day), hour < 24, minute < 60, second <= 60
    else { return nil }
    self.init(within: midnight + ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1000 + fraction)
  }

  /// Nil beyond the years 0 to 9999, where a leap second or an offset may lead and no text leads back.
  private init?(within milliseconds: Int64) {
    guard (-62_167_219_200_000..<253_402_300_800_000).contains(milliseconds) else { return nil }
    self.init(milliseconds: milliseconds)
  }

  /// The time in a Windows guest agent's "Last heartbeat: 10/6/2023 5:50:06 AM": US order, no zone, taken as UTC.
  public init?(usHeartbeat text: some StringProtocol) {
    var scanner = DigitScanner(text)
    guard let month = scanner.number(), scanner.skip("/"), let day = scanner.number(), scanner.skip("/"),
      let year = scanner.number(digits: 4), scanner.skip(" "), var hour = scanner.number(), scanner.skip(":"),
      let minute = scanner.number(digits: 2), scanner.skip(":"), let second = scanner.number(digits: 2)
    else { return nil }
    if scanner.skip(" ") {
      let afternoon = scanner.skip("P") || scanner.skip("p")
      guard afternoon || scanner.skip("A") || scanner.skip("a"), (1...12).contains(hour) else { return nil }
      hour = hour % 12 + (afternoon ? 12 : 0)
    }
    guard let midnight = Timestamp.milliseconds(year: year, month: month, day: day), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    self.init(within: midnight + ((hour * 60 + minute) * 60 + second) * 1000)
  }

  /// The `Date` of an HTTP answer: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, IMF-fixdate).
  public init?(httpDate text: some StringProtocol) {
    var scanner = DigitScanner(text)
    guard scanner.letters(3) != nil, scanner.skip(","), scanner.skip(" "), let day = scanner.number(digits: 2),
      scanner.skip(" "), let name = scanner.letters(3), scanner.skip(" "), let year = scanner.number(digits: 4),
      scanner.skip(" "), let hour = scanner.number(digits: 2), scanner.skip(":"),
      let minute = scanner.number(digits: 2), scanner.skip(":"), let second = scanner.number(digits: 2),
      scanner.skip(" "), scanner.letters(3) == "GMT", scanner.isAtEnd,
      let month = Timestamp.monthNames.firstIndex(of: name),
      let midnight = Timestamp.milliseconds(year: year, month: Int64(month) + 1, day: day), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    self.init(within: midnight + ((hour * 60 + minute) * 60 + second) * 1000)
  }

  private static let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Whether the time is one of ASR's stand-ins for "none": year 1, 1753 or 9999.
  public var isSentinel: Bool {
    milliseconds < -6_800_000_000_000 || milliseconds > 253_000_000_000_000
  }

  /// `2026-02-03T10:14:42.648Z`; the fraction is left out when it is zero.
  public var iso8601: String {
    let days = floorDivide(milliseconds, 86_400_000)
    let rest = milliseconds - days * 86_400_000
    let (year, month, day) = Timestamp.civil(fromDays: days)
    let fraction = rest % 1000
    let clock = "\(two(rest / 3_600_000)):\(two(rest / 60_000 % 60)):\(two(rest / 1000 % 60))"
    let tail = fraction == 0 ? "Z" : ".\(fraction < 100 ? "0" : "")\(fraction < 10 ? "0" : "")\(fraction)Z"
    let yearText = String(repeating: "0", count: max(0, 4 - String(year).count)) + String(year)
    return "\(yearText)-\(two(month))-\(two(day))T\(clock)\(tail)"
  }

  /// `20260203T101442Z`: for names.
  public var compact: String {
    Timestamp(milliseconds: floorDivide(milliseconds, 1000) * 1000).iso8601.filter { $0 != "-" && $0 != ":" }
  }

  /// Days since 1970 of a civil date in the proleptic Gregorian calendar, in milliseconds; nil for no such day.
  private static func milliseconds(year: Int64, month: Int64, day: Int64) -> Int64? {
    guard (1...12).contains(month), day >= 1 else { return nil }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: [Int64] = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= lengths[Int(month) - 1] else { return nil }
    // Years are counted from 1 March so that the leap day is the last of its year.
    let shifted = month <= 2 ? year - 1 : year
    let era = floorDivide(shifted, 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return (era * 146_097 + dayOfEra - 719_468) * 86_400_000
  }

  private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
  }
}

extension Timestamp: CustomStringConvertible {
  public var description: String { iso8601 }
}

private func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
  let quotient = dividend / divisor
  return dividend % divisor < 0 ? quotient - 1 : quotient
}

private func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

/// Reads digits and single marks from the front of ASCII text.
private struct DigitScanner {
  private var bytes: [UInt8]
  private var at = 0

  init(_ text: some StringProtocol) { bytes = Array(String(text).utf8.prefix(64)) }

  var isAtEnd: Bool { at == bytes.count }

  mutating func skip(_ mark: Unicode.Scalar) -> Bool {
    guard at < bytes.count, UInt32(bytes[at]) == mark.value else { return false }
    at += 1
    return true
  }

  mutating func letters(_ count: Int) -> String? {
    guard at + count <= bytes.count else { return nil }
    defer { at += count }
    return String(decoding: bytes[at..<at + count], as: UTF8.self)
  }

  mutating func sign() -> Int64? { skip("+") ? 1 : (skip("-") ? -1 : nil) }

  /// Exactly `digits` digits, or one to nine of them.
  mutating func number(digits: Int? = nil) -> Int64? {
    var value: Int64 = 0
    var count = 0
    while at < bytes.count, count < digits ?? 9, (0x30...0x39).contains(bytes[at]) {
      value = value * 10 + Int64(bytes[at] - 0x30)
      at += 1
      count += 1
    }
    return count == 0 || (digits != nil && count != digits) ? nil : value
  }

  mutating func fractionInMilliseconds() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while at < bytes.count, (0x30...0x39).contains(bytes[at]) {
      if count < 3 { value = value * 10 + Int64(bytes[at] - 0x30) }
      at += 1
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in count..<max(3, count) { value *= 10 }
    return value
  }
}
