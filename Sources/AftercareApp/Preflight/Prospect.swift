import RecoveryCore
import WatchEngine

/// An item, and what its machine must have where a failover now would put it.
struct Prospect: Sendable {
  var item: ProtectedItem
  /// What can come back.
  var parts: [ReturningPart] = []
  /// What cannot, whatever Azure says.
  var lost: [PlannedMachine.Loss] = []
  /// The data collection endpoints that were learned, by region.
  var endpoints: [String: ResourceID] = [:]
  /// Why nothing is known of it.
  var unknown: PlannedMachine.Loss?
  /// What went wrong when its machine was looked at.
  var fault: Fault?

  /// As the machine was when its baseline was confirmed last: nothing is asked of Azure.
  init(_ item: ProtectedItem, remembered baseline: Baseline, under requirements: Requirements) {
    self.item = item
    take(requirements.desired(for: item.landed(baseline.remembered), baseline: baseline), baseline)
  }

  /// As a look has just shown it.
  init(_ found: Survey.Finding) {
    item = found.item
    fault = found.fault
    if let desired = found.afterFailover ?? found.desired {
      take(desired, found.baseline)
    } else {
      unknown = PlannedMachine.Loss(
        part: "everything", reason: fault.map { "\($0)" } ?? "its machine was not looked at: \(found.reason.rawValue)",
        remedy: fault?.remedy ?? "See: aftercare plan '\(item.friendlyName)'.", wantsPerson: true)
    }
  }

  private mutating func take(_ desired: DesiredState, _ baseline: Baseline?) {
    lost = PlannedMachine.Loss.all(desired).filter(\.wantsPerson)
    endpoints = baseline?.endpoints ?? [:]
    guard let landing = item.landing else {
      unknown = PlannedMachine.Loss(
        part: "everything", reason: "the item names no recovery resource group",
        remedy: "Look at the item's compute settings in Site Recovery.", wantsPerson: true)
      return
    }
    parts = desired.parts(at: landing)
  }

  var needs: Set<Need> {
    var needs = item.needs(of: parts)
    for (location, id) in endpoints { needs.insert(.endpoint(id, in: location)) }
    return needs
  }
}
