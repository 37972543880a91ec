import AftercareTesting
import RecoveryCore
import Testing

@Suite("A failover")
struct FailoverTests {
  @Test("is completed when the live machine changed and two looks a confirmation apart agree")
  func completes() {
    var story = Story()
    story.look()
    #expect(story.reason == .notDueYet)
    story.item = Samples.failedOverItem()
    story.machine = Samples.stuckMachine()
    story.wait(.seconds(60))
    #expect(story.look() == .lookAgain(story.now + .seconds(30)))
    #expect(story.reason == .confirming)
    story.wait(.seconds(30))
    story.look()
    #expect(story.state.failover?.cause == .liveMachineChanged)
    #expect(story.state.live?.id == Samples.recovered)
    #expect(story.state.former.map(\.id) == [Samples.source])
    #expect(story.kinds.contains(.failoverCompleted))
  }

  @Test("is confirmed by two times at which Azure was asked: an answer that was read late is still the first look")
  func lateConfirmation() {
    var story = Story()
    story.look()
    story.item = Samples.failedOverItem()
    story.machine = Samples.stuckMachine()
    story.look()
    #expect(story.reason == .confirming)
    story.wait(.seconds(5))
    story.readTakes = .seconds(60)
    #expect(story.look() == .lookAgain(story.now))
    #expect(story.state.failover == nil)
    story.readTakes = .zero
    story.look()
    #expect(story.state.failover?.cause == .liveMachineChanged)
  }

  @Test("heals what has looked suspect for its grace, by when Azure was asked, and in as many looks")
  func suspicionRipens() {
    var story = Story()
    var machine = Samples.wellMachine()
    machine.handlers[0].status = StatusCode("ProvisioningState/NotReady/21")
    _ = story.failOver(to: machine)
    #expect(story.reason == .underSuspicion)
    story.wait(.seconds(20))
    story.look(listing: false)
    story.wait(.seconds(20))
    story.readTakes = Policy().suspectGrace
    story.look(listing: false)
    #expect(story.reason == .underSuspicion, "three looks, of forty seconds")
    #expect(story.said(.healStarted).isEmpty)
    story.readTakes = .zero
    story.look(listing: false)
    #expect(story.said(.healStarted).count == 1)
  }

  @Test(
    "waits, with its reason, while the machine is not ready",
    arguments: [
      (Reason.machineNotVisible, nil),
      (.machineProvisioning, Samples.bareMachine { $0.provisioningState = "Creating" }),
      (.machineElsewhere, Samples.bareMachine { $0.location = "uksouth" }),
      (.machineNotRunning, Samples.bareMachine { $0.power = StatusCode("PowerState/starting") }),
      (.agentNotReady, Samples.bareMachine { $0.agent?.status = StatusCode("ProvisioningState/Unavailable") }),
      (.agentNotReady, Samples.bareMachine { $0.agent = nil }),
    ] as [(Reason, Machine?)])
  func waits(reason: Reason, machine: Machine?) {
    var story = Story()
    story.look()
    story.item = Samples.failedOverItem()
    story.machine = machine
    story.look()
    #expect(story.reason == reason)
    #expect(story.state.live?.id == Samples.source)
    story.look()
    #expect(story.said(.failoverWaiting).count == 1, "a reason is said once")
    story.wait(.seconds(46 * 60))
    story.look()
    #expect(story.said(.failoverOverdue).count == 1, "after the deadline it is an alert")
  }

  @Test("is not complete while an unknown state lasts, and nothing is done")
  func unknownState() {
    var story = Story()
    story.look()
    story.item = Samples.failedOverItem { $0.protectionState = ProtectionState("UnplannedFailoverCompletingSomehow") }
    story.machine = Samples.stuckMachine()
    story.look()
    story.wait(.seconds(3600))
    story.look()
    #expect(story.reason == .stateUnknown)
    #expect(story.state.heal == nil)
    #expect(story.said(.stateUnknown).count == 1)
  }

  @Test("is not complete while its scenario runs")
  func scenarioRuns() {
    var story = Story()
    story.look()
    story.item = Samples.failedOverItem { $0.scenario = "UnplannedFailover" }
    story.machine = Samples.stuckMachine()
    story.look()
    #expect(story.reason == .failoverRunning)
    story.item = Samples.item { $0.scenario = "UnplannedFailover" }
    story.look()
    #expect(story.reason == .failoverRunning)
  }

  @Test("that was running at first sight is completed like any other")
  func runningAtFirstSight() {
    var story = Story(Samples.item { $0.scenario = "UnplannedFailover" })
    _ = story.failOver(to: Samples.stuckMachine())
    #expect(story.state.failover?.cause == .liveMachineChanged)
    #expect(story.state.failover?.from?.id == Samples.source)
  }

  @Test("and a failover back that nobody could look at leave another machine under an id that was never read")
  func thereAndBack() {
    var story = Story(Samples.item { $0.scenario = "UnplannedFailover" }, profiles: [])
    story.machineFault = Fault(.unreachable, code: "None", message: "there is nothing", resource: "test")
    story.look()
    #expect(story.reason == .failoverRunning && story.state.live?.vmID == nil)
    // Both are over, and the same id is the live one as before the first.
    story.item = Samples.item { $0.lastSuccessfulFailover = Samples.failedOver }
    story.machineFault = nil
    story.machine = Samples.bareMachine {
      $0.id = Samples.source
      $0.location = "uksouth"
    }
    story.wait(.seconds(3600))
    story.look()
    story.wait(.seconds(30))
    story.look()
    #expect(story.said(.failoverCompleted).count == 1)
    #expect(story.reason == .nothingKnown, "a person hears that nobody knows what it must have")
    #expect(story.said(.baselineMissing).count == 1)
    story.wait(.seconds(3600))
    story.look()
    #expect(story.said(.failoverCompleted).count == 1, "and it is the known one from now on")
  }

  @Test("that came to nothing at first sight leaves the machine that it was")
  func nothingCameOfIt() {
    var story = Story(Samples.item { $0.scenario = "UnplannedFailover" }, profiles: [])
    story.look()
    story.item = Samples.item()
    story.machine = Samples.bareMachine {
      $0.id = Samples.source
      $0.location = "uksouth"
    }
    story.wait(.seconds(60))
    story.look()
    #expect(story.state.transition == nil && story.said(.failoverCompleted).isEmpty)
  }

  @Test("that reaches the test machine only is left alone, and said once")
  func testFailover() {
    var story = Story()
    story.look()
    story.item = Samples.item {
      $0.testFailoverState = "WaitingForCompletion"
      $0.testFailoverMachineID = Samples.id(
        "/subscriptions/1111/resourceGroups/rg-ukw/providers/Microsoft.Compute/virtualMachines/erp-web-01-test")
    }
    story.look()
    story.look()
    #expect(story.said(.testFailoverSeen).count == 1)
    #expect(story.state.live?.id == Samples.source)
    #expect(story.state.heal == nil)
  }

  @Test("and re-protect that nobody watched are one completed failover")
  func reprotectedMeanwhile() {
    var story = Story()
    story.look()
    story.item = Samples.item {
      $0.fabricObjectID = Samples.recovered
      $0.protectionState = ProtectionState("InitialReplicationInProgress")
      $0.primary = .init(location: "ukwest")
      $0.recovery = .init(location: "uksouth")
      $0.lifecycleID = nil
    }
    story.machine = Samples.stuckMachine()
    story.wait(.seconds(60))
    story.look()
    story.wait(.seconds(30))
    story.look()
    #expect(story.state.failover?.to.id == Samples.recovered)
    #expect(story.state.lifecycleID == Samples.lifecycle)
  }

  @Test("is seen when only the vmId changed: the recovery point was changed")
  func recoveryPointChanged() {
    var story = Story()
    _ = story.failOver(to: Samples.wellMachine())
    story.machine = Samples.stuckMachine()
    story.machine?.vmID = "c0000000-0000-4000-8000-00000000000c"
    story.wait(.seconds(3600))
    story.look()
    #expect(story.state.failover?.cause == .machineReplaced)
    #expect(story.state.heal?.machine.vmID == "c0000000-0000-4000-8000-00000000000c")
  }

  @Test("found at first sight explains breakage; a healthy protected item does not")
  func firstSight() {
    var failedOver = Story(Samples.failedOverItem())
    failedOver.machine = Samples.stuckMachine()
    failedOver.look()
    #expect(failedOver.state.failover?.cause == .foundFailedOver)
    #expect(failedOver.state.heal != nil)

    var healthy = Story()
    healthy.machine = Samples.bareMachine {
      $0.id = Samples.source; $0.location = "uksouth"
    }
    healthy.look()
    healthy.wait(.seconds(3600))
    healthy.look()
    #expect(healthy.state.heal == nil)
    #expect(healthy.said(.legUnexplained).count > 0)
  }

  @Test("keeps the item's key when re-protect moves it and its lifecycle id is gone for a while")
  func keyOutlivesReprotect() {
    var story = Story()
    _ = story.failOver(to: Samples.wellMachine())
    var index = ItemIndex()
    index.update(story.state)
    let moved = Samples.item {
      $0.id = Samples.id(
        "/Subscriptions/1111/resourceGroups/rg-vault/providers/Microsoft.RecoveryServices/vaults/kv-dr/replicationFabrics/ukwest/replicationProtectionContainers/c/replicationProtectedItems/other"
      )
      $0.lifecycleID = nil
      $0.fabricObjectID = Samples.recovered
    }
    #expect(index.key(of: moved) == story.state.key)
  }
}
