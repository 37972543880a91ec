import AftercareTesting
import RecoveryCore
import Testing

@Suite("A recovery plan")
struct RecoveryPlanTests {
  static func action(
    _ name: String = "notify", types: [String] = ["UnplannedFailover", "TestFailover"],
    directions: [String] = ["PrimaryToRecovery", "RecoveryToPrimary"], runbook: String? = nil
  ) -> RecoveryPlan.Action {
    RecoveryPlan.Action(name: name, failoverTypes: types, failoverDirections: directions, runbook: runbook)
  }

  @Test(
    "is told what of it will not do what it looks like",
    arguments: [
      (action(), []),
      (action(types: []), [.actionNeverRuns]),
      (action(directions: []), [.actionNeverRuns]),
      (action(types: ["TestFailover"]), [.actionRunsInTestsOnly]),
      (action(types: ["UnplannedFailover"]), [.actionIsNeverTested]),
      (action(directions: ["PrimaryToRecovery"]), [.actionMissesDirection]),
      (
        action(runbook: "/subscriptions/1/automationAccounts/aa/runbooks/Reinstall-AMA-Extension"),
        [.runbookDoesTheSame]
      ),
      (action("fix-dcr", runbook: "/subscriptions/1/automationAccounts/aa/runbooks/x"), [.runbookDoesTheSame]),
      (action("drama", runbook: "/subscriptions/1/automationAccounts/aa/runbooks/send-mail"), []),
    ] as [(RecoveryPlan.Action, [PlanLint.Rule])])
  func lints(action: RecoveryPlan.Action, rules: [PlanLint.Rule]) {
    let plan = RecoveryPlan(
      name: "plan-erp", groups: [.init(type: "Boot", items: [Samples.source], actions: [action])])
    #expect(plan.lints.map(\.rule) == rules)
    #expect(plan.lints.allSatisfy { !$0.remedy.isEmpty })
  }

  @Test("orders its items by the groups that it boots")
  func order() {
    let plan = RecoveryPlan(
      name: "p",
      groups: [
        .init(type: "Shutdown"), .init(type: "Failover"), .init(type: "Boot", items: [Samples.source]),
        .init(type: "Boot", items: [Samples.recovered]),
      ])
    #expect(plan.order == [Samples.source: 1, Samples.recovered: 2])
    #expect(plan.lints.isEmpty)
    #expect(RecoveryPlan(name: "empty", groups: []).lints.map(\.rule) == [.planIsEmpty])
  }
}
