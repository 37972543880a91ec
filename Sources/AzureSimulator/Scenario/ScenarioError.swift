/// What is wrong with a scenario file.
public struct ScenarioError: Error, CustomStringConvertible, Sendable {
  public let message: String
  public init(message: String) { self.message = message }
  public var description: String { message }
}
