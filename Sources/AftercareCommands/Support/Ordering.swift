import AftercareApp
import ArgumentParser
import RecoveryCore
import WatchEngine

/// Gives the daemon an order and tells what came of it.
struct Ordering {
  private let options: ConfigurationOptions

  init(_ options: ConfigurationOptions) { self.options = options }

  func give(_ order: Order) async throws {
    let configuration = try options.load()
    let outcome = try await failing {
      try await OrderDesk(journal: try Assembly(configuration: configuration).journalForOrders()).give(order)
    }
    switch outcome {
    case .done(let words): LineOutput.standardOutput.write(words)
    case .refused(let words):
      LineOutput.standardError.write("aftercare: \(words)")
      throw ExitCode(1)
    case .kept:
      LineOutput.standardOutput.write("kept: no daemon has answered; it is carried out when the next one starts")
    }
  }
}
