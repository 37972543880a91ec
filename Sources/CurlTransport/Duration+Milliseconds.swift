extension Duration {
  /// Whole milliseconds, rounded up and never below 1: to libcurl, 0 means "no limit".
  var limitMilliseconds: Int {
    let (seconds, attoseconds) = components
    let milliseconds = Double(seconds) * 1000 + (Double(attoseconds) / 1e15).rounded(.up)
    return Int(min(max(milliseconds, 1), Double(Int32.max)))
  }
}
