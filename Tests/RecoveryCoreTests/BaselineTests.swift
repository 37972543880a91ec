import AftercareTesting
import RecoveryCore
import Testing

@Suite("A baseline")
struct BaselineTests {
  @Test("is learned from a well machine, and is what a failed-over machine gets back without any profile")
  func learnedAndRestored() throws {
    var story = Story(profiles: [])
    story.machine = Self.source()
    story.look()
    story.wait(.seconds(20 * 60))
    story.look()
    let baseline = try #require(story.baseline)
    #expect(
      baseline.extensions.map(\.kind)
        == [
          .azureMonitorWindowsAgent, Samples.customScript, .dependencyAgentWindows, Samples.mobility,
        ].sorted { $0.handlerType < $1.handlerType })
    #expect(baseline.identity.type == "SystemAssigned")
    #expect(story.said(.baselineLearned).count == 1)

    _ = story.failOver(to: Samples.stuckMachine())
    let heal = try #require(story.state.heal)
    let titles = heal.steps.map(\.title)
    #expect(
      titles == [
        "ensure identity SystemAssigned", "remove AzureMonitorWindowsAgent", "install AzureMonitorWindowsAgent",
        "remove DAExtension", "install DAExtension", "associate odd_name-1", "verify",
      ])
    let agent = try #require(heal.desired.extensions.first { $0.kind == .azureMonitorWindowsAgent })
    #expect(agent.version == "1.28")
    #expect(agent.settings == .object(["level": .integer(3)]))
    #expect(heal.desired.origins["extension \(agent.kind.handlerType)"] == "baseline")
    let aside = story.said(.partSetAside).compactMap { $0.fields["reason"] }
    #expect(Set(aside) == ["runsOnce", "ownedByAzure", "ownedByService"])
  }

  @Test("is learned by the next look when the process dies before it is written down")
  func diesBeforeLearning() throws {
    var story = Story(profiles: [])
    story.machine = Self.source()
    story.look()
    story.wait(.seconds(20 * 60))
    #expect(story.look(dyingAt: { $0 == .readBaseline }) == .readBaseline)
    #expect(story.baseline == nil)
    story.wait(.seconds(20 * 60))
    story.look()
    #expect(story.baseline != nil)
    #expect(story.said(.baselineLearned).count == 1)
  }

  @Test("is not overwritten by what a broken machine shows")
  func brokenTeachesNothing() throws {
    var story = Story(profiles: [])
    story.machine = Self.source()
    story.look()
    story.wait(.seconds(20 * 60))
    story.look()
    story.machine?.extensions[0].provisioningState = "Failed"
    story.machine?.extensions[0].version = "9.9"
    story.machine?.handlers.removeAll { $0.type == ExtensionKind.dependencyAgentWindows.handlerType }
    story.wait(.seconds(7 * 3600))
    story.look()
    #expect(story.baseline?.extensions.first { $0.kind == .azureMonitorWindowsAgent }?.version == "1.28")
    #expect(story.baseline?.extensions.contains { $0.kind == .dependencyAgentWindows } == true)
    #expect(story.said(.baselineChanged).isEmpty)
  }

  @Test("forgets what was taken away from a well machine, and only after a while")
  func forgets() throws {
    var story = Story(profiles: [])
    story.machine = Self.source()
    story.look()
    story.wait(.seconds(20 * 60))
    story.look()
    story.machine?.extensions.removeAll { $0.kind == .dependencyAgentWindows }
    story.machine?.handlers.removeAll { $0.type == ExtensionKind.dependencyAgentWindows.handlerType }
    func knows() -> Bool { story.baseline?.extensions.contains { $0.kind == .dependencyAgentWindows } == true }
    for _ in 0..<3 {
      story.wait(.seconds(7 * 3600))
      story.look()
      #expect(knows(), "a list may lag")
    }
    #expect(story.said(.legUnexplained).count == 1)
    for _ in 0..<3 {
      story.wait(.seconds(7 * 3600))
      story.look()
    }
    #expect(!knows())
    #expect(story.said(.baselineChanged).last?.fields["changes"]?.contains("taken away") == true)
  }

  @Test("owes a new machine what the old one had, however long that lacks it")
  func owed() throws {
    var known = try #require(Self.learn(Self.source(), nil, at: Samples.start))
    var bare = Samples.bareMachine()
    bare.associations = []
    for day in 1...40 {
      known = try #require(Self.learn(bare, known, at: Samples.start + .seconds(Int64(day) * 86_400)))
    }
    #expect(known.extensions.count == 4)
    #expect(known.associations.count == 2)
  }

  @Test("that was never learned is read from the machine that the failover left behind")
  func fromSource() throws {
    var story = Story(Samples.failedOverItem(), profiles: [])
    story.machine = Samples.stuckMachine()
    var source = Self.source()
    source.power = StatusCode("PowerState/deallocated")
    source.agent = nil
    source.handlers = []
    story.source = source
    story.look()
    story.look()
    let heal = try #require(story.state.heal)
    #expect(heal.steps.contains { $0.title == "install AzureMonitorWindowsAgent" })
    #expect(heal.steps.contains { $0.title == "associate odd_name-1" })
  }

  @Test("that is unknown, with no profile either, is an alert and no guess")
  func unknown() {
    var story = Story(Samples.failedOverItem(), profiles: [])
    story.machine = Samples.stuckMachine()
    story.look()
    story.look()
    #expect(story.said(.baselineMissing).count == 1)
    #expect(story.state.heal == nil)
  }

  @Test("with protected settings that nobody supplies parks the machine before anything of it is removed")
  func protectedSettings() throws {
    var story = Story(profiles: [])
    story.machine = Self.source { Samples.install(Samples.diagnostics, on: &$0) }
    story.machine?.extensions[4].version = "1.5"
    story.look()
    story.wait(.seconds(20 * 60))
    story.look()
    _ = story.failOver(to: Samples.stuckMachine())
    let steps = try #require(story.state.heal?.steps)
    #expect(!steps.contains { $0.title == "remove IaaSDiagnostics" })
    let install = try #require(steps.first { $0.title == "install IaaSDiagnostics" })
    #expect(install.state == .failed)
    #expect(install.fault?.code == "protectedSettingsUnknown")
    #expect(install.fault?.remedy.contains("protectedSettingsFromKeyVault") == true)
  }

  @Test("is overlaid by profiles: what they say wins, what they leave unsaid stays")
  func overlaid() throws {
    let baseline = try #require(
      Self.learn(Self.source { Samples.install(Samples.diagnostics, on: &$0) }, nil, at: Samples.start))
    let vault = Samples.id("/subscriptions/1/resourceGroups/r/providers/Microsoft.KeyVault/vaults/kv")
    let secret = ProtectedSettingsSource.keyVault(secretURL: "https://kv/secrets/s/1", vault: vault)
    let profile = Profile(
      name: "over",
      extensions: [
        ExtensionTemplate(
          DesiredExtension(
            name: "IaaSDiagnostics", kind: Samples.diagnostics, version: "1.6", protectedSettings: secret)),
        ExtensionTemplate(
          DesiredExtension(name: "x", kind: .azureMonitorWindowsAgent, version: ""), on: [.windows]),
        ExtensionTemplate(DesiredExtension(name: "CustomScript", kind: Samples.customScript, version: "1.10")),
      ])
    let desired = Requirements(profiles: [profile], catalogue: Samples.catalogue)
      .desired(for: Samples.bareMachine(), baseline: baseline)
    let diagnostics = try #require(desired.extensions.first { $0.kind == Samples.diagnostics })
    #expect(diagnostics.protectedSettings == secret)
    #expect(diagnostics.obstacle == nil)
    #expect(desired.origins["extension \(Samples.diagnostics)"] == "profile over over baseline")
    let agent = try #require(desired.extensions.first { $0.kind == .azureMonitorWindowsAgent })
    #expect(agent.version == "1.28")
    #expect(agent.settings == .object(["level": .integer(3)]))
    #expect(desired.extensions.contains { $0.kind == Samples.customScript }, "a profile names it, so it is run again")
  }

  @Test("knows the endpoint of each region that the machine has been in, and guesses none")
  func endpoints() throws {
    let here = Samples.id("/subscriptions/1/resourceGroups/r/providers/Microsoft.Insights/dataCollectionEndpoints/uks")
    let there = Samples.id("/subscriptions/1/resourceGroups/r/providers/Microsoft.Insights/dataCollectionEndpoints/ukw")
    let source = Self.source {
      $0.location = "uksouth"
      $0.associations?.append(Association(name: Association.endpointName, target: .endpoint(here)))
    }
    let baseline = try #require(Self.learn(source, nil, at: Samples.start))
    func endpoint(_ profiles: [Profile], _ location: String) -> (ResourceID?, Bool) {
      let machine = Samples.bareMachine { $0.location = location }
      let desired = Requirements(profiles: profiles, catalogue: Samples.catalogue)
        .desired(for: machine, baseline: baseline)
      return (
        desired.associations.first(where: \.isEndpoint)?.targetID,
        desired.setAside.contains { $0.reason == .noEndpointInRegion }
      )
    }
    #expect(endpoint([], "uksouth") == (here, false))
    #expect(endpoint([], "ukwest") == (nil, true))
    #expect(endpoint([Profile(name: "p", endpoints: ["UK West": there])], "ukwest") == (there, false))
  }

  @Test(
    "of a type that nobody knows is reported, or put back when the configuration says so",
    arguments: [Catalogue.Unknown.report, .restore])
  func unknownType(_ unknown: Catalogue.Unknown) throws {
    let kind = ExtensionKind(publisher: "Contoso", type: "Watcher")
    let baseline = try #require(Self.learn(Self.source { Samples.install(kind, on: &$0) }, nil, at: Samples.start))
    var catalogue = Samples.catalogue
    catalogue.unknown = unknown
    var known = baseline
    known.extensions = known.extensions.map { wanted in
      var wanted = wanted
      wanted.version = "1.0"
      return wanted
    }
    let desired = Requirements(catalogue: catalogue).desired(for: Samples.bareMachine(), baseline: known)
    #expect(desired.extensions.contains { $0.kind == kind } == (unknown == .restore))
    #expect(desired.setAside.contains { $0.reason == .unknownType } == (unknown == .report))
  }

  @Test("brings the identity that an agent's settings name, whatever else is there")
  func identityInSettings() throws {
    let agent = Samples.id(
      "/subscriptions/1/resourceGroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ama")
    let profile = Profile(name: "p", extensions: [.azureMonitorAgent(userAssignedIdentity: agent)])
    let desired = Requirements(profiles: [profile]).desired(for: Samples.bareMachine())
    #expect(desired.identity == ManagedIdentity(hasSystemAssigned: false, userAssigned: [agent]))
  }

  // MARK: - What it is learned from

  /// One look at a machine that no failover has touched.
  static func learn(_ machine: Machine, _ known: Baseline?, at now: Timestamp) -> Baseline? {
    var story = Story(Samples.item { $0.fabricObjectID = machine.id }, profiles: [])
    story.baseline = known
    story.machine = machine
    story.now = now
    story.look()
    story.state.nextLook = now
    story.look()
    return story.baseline
  }

  /// The source machine, well: agents, one that runs once, Site Recovery's own, rules of its own and of another service.
  static func source(_ edit: (inout Machine) -> Void = { _ in }) -> Machine {
    Samples.bareMachine { machine in
      machine.id = Samples.source
      machine.vmID = "a0000000-0000-4000-8000-00000000000a"
      machine.location = "uksouth"
      machine.identity = ManagedIdentity(hasSystemAssigned: true, userAssigned: [])
      for kind in [
        ExtensionKind.azureMonitorWindowsAgent, .dependencyAgentWindows, Samples.customScript, Samples.mobility,
      ] { Samples.install(kind, on: &machine) }
      machine.extensions[0].version = "1.28"
      machine.extensions[0].settings = .object(["level": .integer(3)])
      machine.extensions[1].name = "DAExtension"
      machine.extensions[1].version = "9.10"
      machine.associations = [
        Association(name: "odd_name-1", target: .rule(Samples.rule)),
        Association(name: "theirs", target: .rule(Samples.rule), owner: "Microsoft.Security"),
      ]
      edit(&machine)
    }
  }
}
