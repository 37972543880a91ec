import AftercareTesting

/// How bad a run is: each seed has its own weather, from calm to all at once.
struct Weather: Sendable {
  /// Of requests.
  var throttled = 0.0
  var unavailable = 0.0
  /// The effect happens, its answer is lost.
  var answerLost = 0.0
  /// The request is lost on its way.
  var requestLost = 0.0
  var garbage = 0.0
  /// A read gives what an earlier one gave.
  var stale = 0.0
  /// Of journal commits: the process dies before it, or after it.
  var crash = 0.0
  var diskFull = 0.0
  /// Of sweeps.
  var clockJump = 0.0
  /// Of looks at the brakes: a person pauses or resumes the watch.
  var orders = 0.0
  /// The longest that a request, and its answer, take on their way, in milliseconds.
  var longestWay = 400

  private init() {}

  init(_ random: inout SeededGenerator) {
    func some(_ probability: Double, upTo most: Double, _ random: inout SeededGenerator) -> Double {
      random.chance(probability) ? most * Double(random.number(1...100)) / 100 : 0
    }
    throttled = some(0.4, upTo: 0.15, &random)
    unavailable = some(0.4, upTo: 0.15, &random)
    answerLost = some(0.5, upTo: 0.25, &random)
    requestLost = some(0.3, upTo: 0.15, &random)
    garbage = some(0.3, upTo: 0.1, &random)
    stale = some(0.4, upTo: 0.2, &random)
    crash = some(0.6, upTo: 0.05, &random)
    diskFull = some(0.2, upTo: 0.02, &random)
    clockJump = some(0.2, upTo: 0.05, &random)
    orders = some(0.3, upTo: 0.02, &random)
    longestWay = random.pick([50, 400, 4000, 20_000])
  }

  /// A usual month: now and then something goes wrong.
  static let changeable: Weather = {
    var weather = Weather.calm
    weather.throttled = 0.01
    weather.unavailable = 0.01
    weather.answerLost = 0.02
    weather.requestLost = 0.01
    weather.garbage = 0.01
    weather.stale = 0.02
    weather.crash = 0.0005
    weather.diskFull = 0.0005
    return weather
  }()

  /// Nothing goes wrong: the end of every run, in which what was begun must come to its end.
  static let calm = Weather()
}

extension Weather {
  var isStorm: Bool {
    [throttled, unavailable, answerLost, requestLost, garbage, stale, crash, diskFull, clockJump, orders].contains {
      $0 > 0
    }
  }
}
