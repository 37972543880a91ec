import FoundationEssentials

/// A long-running operation.
struct SimulatedOperation {
  enum Kind { case put, patch, delete }

  var id: String
  var kind: Kind
  var machine: String
  var vmID: String
  var extensionName: String?
  var started: Date
  var endsAt: Date
  var ended: Date?
  var error: (code: String, message: String)?
  var target: String
  /// How many polls are yet answered with 404 although it runs.
  var blipsLeft = 0

  /// When one that waits for the guest agent is given up.
  var givenUpAt: Date { started.addingTimeInterval(25 * 60) }
}

/// A request that was to change something.
struct SimulatedWrite {
  var at: Date
  var method: String
  var path: String
  var role: String
  var item: String?
  var status: Int
}
