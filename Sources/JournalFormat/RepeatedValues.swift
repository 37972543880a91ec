import JSONReading
import RecoveryCore

/// What many states repeat: it is made once of equal bytes, and shared from then on. For one reader at a time.
package final class RepeatedParts {
  var vaults = RepeatedValues<ResourceID>()
  var legs = RepeatedValues<[LegVerdict]>()
  var leg = RepeatedValues<LegVerdict>()
  var protectionStates = RepeatedValues<ProtectionState>()
  var reasons = RepeatedValues<Reason>()
  var causes = RepeatedValues<Failover.Cause>()
  var failoverIDs = RepeatedValues<String>()
  /// Of the addresses of running operations.
  var certificates = OperationURL.Certificates()

  package init() {}
}

/// Values of one kind that documents repeat.
struct RepeatedValues<Value> {
  /// What does not come again within so many is made again.
  private static var most: Int { 1024 }

  private var values: [JSONDocument.Written: Value] = [:]

  /// The value that was made of an equal part of a document before, or else a new one; nil when none can be made.
  mutating func value(of document: JSONDocument, _ make: (JSONDocument) -> Value?) -> Value? {
    let written = document.written
    if let known = values[written] { return known }
    guard let value = make(document) else { return nil }
    if values.count >= RepeatedValues.most { values.removeAll(keepingCapacity: true) }
    // A copy: the bytes are a part of a whole document.
    values[written.copy] = value
    return value
  }
}
