/// That a machine follows a data collection rule, or asks a data collection endpoint for its configuration.
struct SimulatedAssociation {
  var name: String
  var rule: String?
  var endpoint: String?
  /// The Azure service that owns it.
  var owner: String?

  static func id(_ name: String, of machine: String) -> String {
    "\(machine)/providers/Microsoft.Insights/dataCollectionRuleAssociations/\(name)"
  }
}

/// An association whose machine is gone.
struct SimulatedOrphan {
  var machine: String
  var association: SimulatedAssociation
}
