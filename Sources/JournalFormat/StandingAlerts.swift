package import RecoveryCore

/// The row of the alerts that stand.
package struct StandingAlerts: Codable, Sendable {
  package var alerts: [Alert]

  package init(alerts: [Alert]) { self.alerts = alerts }
}
