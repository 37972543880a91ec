import AftercareTesting
import RecoveryCore
import Testing

@Suite("What a part needs")
struct NeedTests {
  static let identity = Samples.id(
    "/subscriptions/1111/resourceGroups/rg-id/providers/Microsoft.ManagedIdentity/userAssignedIdentities/uai")
  static let keyVault = Samples.id(
    "/subscriptions/1111/resourceGroups/rg-kv/providers/Microsoft.KeyVault/vaults/kv-erp")
  static let endpoint = Samples.id(
    "/subscriptions/1111/resourceGroups/rg-mon/providers/Microsoft.Insights/dataCollectionEndpoints/dce")
  static let landing = Samples.item().landing!
  static let secret = "https://kv-erp.vault.azure.net/secrets/s/1"

  static var desired: DesiredState {
    var agent = DesiredExtension(name: "AMA", kind: .azureMonitorWindowsAgent, version: "1.2")
    agent.protectedSettings = .keyVault(secretURL: secret, vault: keyVault)
    var stuck = DesiredExtension(name: "Other", kind: .dependencyAgentWindows, version: "9.10")
    stuck.obstacle = .protectedSettingsUnknown
    return DesiredState(
      identity: ManagedIdentity(hasSystemAssigned: true, userAssigned: [identity]), extensions: [agent, stuck],
      associations: [
        Association(name: "dcr", target: .rule(Samples.rule)),
        Association(name: Association.endpointName, target: .endpoint(endpoint)),
        Association(name: "theirs", target: .rule(Samples.rule), owner: "Microsoft.Security"),
      ])
  }

  @Test("is asked for where the machine would land: group, region and subscription of the recovery side")
  func landing() throws {
    #expect(Self.landing.group == Samples.id("/subscriptions/1111/resourceGroups/rg-ukw"))
    #expect(Self.landing.location == "ukwest")
    let landed = Samples.item().landed(Samples.bareMachine { $0.id = Samples.source })
    #expect(landed.id == Samples.recovered && landed.location == "ukwest")
    let there = try #require(Samples.failedOverItem().landing)
    #expect(there == Self.landing, "a machine that is failed over runs there")
    #expect(Samples.item { $0.recoveryResourceGroup = nil }.landing == nil)
    let elsewhere = Samples.item { $0.recoveryResourceGroup = Samples.id("/subscriptions/2222/resourceGroups/g") }
    #expect(elsewhere.landing?.region == ComputeRegion(subscription: "2222", location: "ukwest"))
  }

  @Test("is named by leg, without what has an obstacle and what others own")
  func parts() {
    let parts = Self.desired.parts(at: Self.landing)
    #expect(
      parts.map(\.part) == [
        "identity", "extension \(ExtensionKind.azureMonitorWindowsAgent)", "association dcr",
        "association configurationAccessEndpoint",
      ])
    func needs(_ part: String) -> Set<Need> { parts.first { $0.part.contains(part) }?.needs ?? [] }
    let group = Self.landing.group
    #expect(
      needs("identity") == [
        .action(.readMachine, at: group), .action(.writeMachine, at: group),
        .action(.assignIdentity, at: Self.identity), .userAssignedIdentity(Self.identity),
      ])
    #expect(
      needs("extension") == [
        .action(.readMachine, at: group), .action(.readExtension, at: group), .action(.writeExtension, at: group),
        .action(.deleteExtension, at: group), .action(.deployFromKeyVault, at: Self.keyVault),
        .version(
          WantedVersion(kind: .azureMonitorWindowsAgent, version: "1.2", takesNewerMinor: true),
          in: Self.landing.region),
        .keyVault(Self.keyVault, secretURL: Self.secret, in: Self.landing.region),
      ])
    #expect(needs("dcr").contains(.rule(Samples.rule)))
    #expect(needs("configurationAccess").contains(.endpoint(Self.endpoint, in: "ukwest")))
  }

  /// Who adds an action to the table and asks for it nowhere, or the other way round, is told here.
  @Test("is, over all, every action of the table but those that a refused read or a drill names")
  func complete() {
    let parts = Self.desired.parts(at: Self.landing)
    let actions = Samples.item().needs(of: parts).compactMap { need -> NeededAction? in
      if case .action(let action, _) = need { action } else { nil }
    }
    let elsewhere: Set<NeededAction> = [
      .readRule, .readEndpoint, .readIdentity, .readKeyVault, .readVersions, .deleteAssociation,
    ]
    #expect(Set(actions).isDisjoint(with: elsewhere))
    #expect(Set(actions).union(elsewhere) == Set(NeededAction.allCases))
  }

  @Test("is asked for on both sides, and in the vault")
  func bothSides() {
    let parts = Self.desired.parts(at: Self.landing)
    let needs = Samples.item().needs(of: parts)
    let source = Samples.id("/subscriptions/1111/resourceGroups/rg-uks")
    for group in [Self.landing.group, source] {
      for action in [NeededAction.readMachine, .writeMachine, .writeExtension, .deleteExtension, .writeAssociation] {
        #expect(needs.contains(.action(action, at: group)), "\(action) at \(group)")
      }
    }
    #expect(needs.contains(.action(.readItems, at: Samples.vault)))
    #expect(!needs.contains(.action(.assignIdentity, at: source)), "what is needed of an identity stays there")
  }

  @Test("costs a question for each scope, region and resource, however many machines there are")
  func questions() {
    let parts = Self.desired.parts(at: Self.landing)
    var needs: Set<Need> = []
    for number in 0..<1000 {
      let item = Samples.item { $0.friendlyName = "erp-web-\(number)" }
      needs.formUnion(item.needs(of: parts))
    }
    let questions = Set(needs.map(\.question))
    #expect(questions.count == 5 + 1 + 4, "5 scopes, 1 extension, 4 resources: \(questions)")
  }

  @Test(
    "of a version is met by what would be taken",
    arguments: [
      ("1.2", true, ["1.2.0.0", "1.10.3.0", "1.9.0.0"], "1.10.3.0"), ("1.2", true, ["1.1.9.0", "2.0.0.0"], nil),
      ("1.2", false, ["1.2.0.0", "1.2.5.18", "1.10.3.0"], "1.2.5.18"), ("1.2", false, ["1.20.0.0"], nil),
      ("1.2", true, [], nil), ("9.10", true, ["9.5.0.1", "9.10.17.4"], "9.10.17.4"),
      ("1", false, ["1.7.0.0"], "1.7.0.0"),
    ] as [(String, Bool, [String], String?)])
  func versions(wanted: String, takesNewerMinor: Bool, there: [String], taken: String?) {
    let version = WantedVersion(
      kind: .azureMonitorLinuxAgent, version: wanted, takesNewerMinor: takesNewerMinor)
    #expect(version.newest(of: there) == taken)
    #expect(version.newest(of: there.reversed()) == taken)
  }
}

@Suite("The judgement")
struct JudgementTests {
  static let group = NeedTests.landing.group
  static let principal = Principal(source: "managed identity")

  static func judge(_ needs: Set<Need>, _ answer: Judgement.Answer, isObserving: Bool = false) -> Judgement {
    let answers = Dictionary(needs.map { ($0.question, answer) }, uniquingKeysWith: { first, _ in first })
    return Judgement(of: needs, by: answers, granting: principal, isObserving: isObserving)
  }

  static func fault(_ kind: Fault.Kind) -> Fault {
    Fault(kind, code: "Code", message: "words", resource: "there")
  }

  @Test("is one result for a scope, with each action that is missing, and which parts it costs")
  func scope() throws {
    let needs: Set<Need> = [.action(.readMachine, at: Self.group), .action(.writeExtension, at: Self.group)]
    let judgement = Self.judge(needs, .permissions(.success([Permission(actions: ["*/read"])])))
    let result = try #require(judgement.results.first)
    #expect(judgement.results.count == 1)
    #expect(result.outcome == .fail && result.subject == Self.group.text)
    #expect(result.found.contains("virtualMachines/extensions/write (to install extensions)"))
    #expect(!result.found.contains("virtualMachines/read"))
    #expect(result.remedy?.contains("Virtual Machine Contributor") == true)
    #expect(Set(judgement.unmet.keys) == [.action(.writeExtension, at: Self.group)])
    let enough = Self.judge(needs, .permissions(.success([Permission(actions: ["*"])])))
    #expect(enough.results.map(\.outcome) == [.pass] && enough.unmet.isEmpty)
  }

  @Test("of a write is a warning while nothing is written, and of a read is not")
  func observing() {
    let needs: Set<Need> = [.action(.readMachine, at: Self.group), .action(.writeExtension, at: Self.group)]
    let reads = Judgement.Answer.permissions(.success([Permission(actions: ["*/read"])]))
    #expect(Self.judge(needs, reads, isObserving: true).results.map(\.outcome) == [.warn])
    let nothing = Judgement.Answer.permissions(.success([]))
    #expect(Self.judge(needs, nothing, isObserving: true).results.map(\.outcome) == [.fail])
    let plans = Self.judge([.action(.readPlans, at: Samples.vault)], nothing)
    #expect(plans.results.map(\.outcome) == [.warn], "a heal comes off without it")
  }

  @Test(
    "takes both answers for what is not there or may not be seen",
    arguments: [Fault.Kind.forbidden, .notFound, .unavailable])
  func refused(kind: Fault.Kind) throws {
    let needs: Set<Need> = [.action(.writeExtension, at: Self.group)]
    let judgement = Self.judge(needs, .permissions(.failure(Self.fault(kind))))
    let result = try #require(judgement.results.first)
    #expect(result.outcome == .fail && judgement.unmet.count == 1)
    if kind != .unavailable { #expect(result.remedy?.contains("az role assignment create") == true) }
  }

  @Test(
    "of a Key Vault: there, named by its secret, enabled, and near",
    arguments: [
      (RegionalResource(id: NeedTests.keyVault, location: "UK West", isEnabledForDeployment: true), "kv-erp", .pass),
      (RegionalResource(id: NeedTests.keyVault, location: "ukwest", isEnabledForDeployment: false), "kv-erp", .fail),
      (RegionalResource(id: NeedTests.keyVault, location: "ukwest", isEnabledForDeployment: nil), "kv-erp", .fail),
      (RegionalResource(id: NeedTests.keyVault, location: "uksouth", isEnabledForDeployment: true), "kv-erp", .warn),
      (RegionalResource(id: NeedTests.keyVault, location: "ukwest", isEnabledForDeployment: true), "kv-erp2", .fail),
      (nil, "kv-erp", .fail),
    ] as [(RegionalResource?, String, CheckResult.Outcome)])
  func keyVault(resource: RegionalResource?, host: String, outcome: CheckResult.Outcome) {
    let url = "https://\(host).vault.azure.net/secrets/s/1"
    let need = Need.keyVault(NeedTests.keyVault, secretURL: url, in: NeedTests.landing.region)
    let judgement = Self.judge([need], .resource(.success(resource)))
    #expect(judgement.results.map(\.outcome) == [outcome], "\(judgement.results)")
    #expect(judgement.unmet.isEmpty == (outcome != .fail))
  }

  @Test(
    "of the clock and the disk has two steps",
    arguments: [
      (CheckResult.clock(ahead: .seconds(1)), .pass), (.clock(ahead: .seconds(60)), .pass),
      (.clock(ahead: .seconds(-61)), .warn), (.clock(ahead: .seconds(300)), .warn),
      (.clock(ahead: .seconds(301)), .fail), (.clock(ahead: .seconds(-301)), .fail),
      (.disk("/", free: 1 << 30), .pass), (.disk("/", free: (1 << 30) - 1), .warn),
      (.disk("/", free: 100 << 20), .warn),
      (.disk("/", free: (100 << 20) - 1), .fail),
    ] as [(CheckResult, CheckResult.Outcome)])
  func steps(result: CheckResult, outcome: CheckResult.Outcome) {
    #expect(result.outcome == outcome && (result.remedy == nil) == (outcome == .pass))
  }

  @Test("reads the date of an HTTP answer, and no other")
  func date() {
    #expect(Timestamp(httpDate: "Sun, 06 Nov 1994 08:49:37 GMT")?.iso8601 == "1994-11-06T08:49:37Z")
    #expect(Timestamp(httpDate: "Thu, 29 Feb 2024 23:59:59 GMT")?.iso8601 == "2024-02-29T23:59:59Z")
    for text in [
      "", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
      "Sun, 06 Now 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
    ] {
      #expect(Timestamp(httpDate: text) == nil, "\(text)")
    }
  }
}
