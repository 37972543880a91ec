import AzureCloud
import RecoveryCore
import WatchEngine

/// Whether all is ready for a failover tonight. It asks and reads, and changes nothing anywhere.
///
/// What it costs does not grow with the machines but with what differs: a request for each scope, each extension in each
/// region, and each rule, endpoint, identity and vault. Only machines of which the journal has no fresh baseline are
/// looked at themselves.
public struct Preflight: Sendable {
  let configuration: Configuration
  private let file: String
  let time: any TimeSource = SystemTime()

  /// - Parameter file: where the configuration was read from, for messages.
  public init(configuration: Configuration, file: String) {
    self.configuration = configuration
    self.file = file
  }

  /// - Parameter progress: is told how many items were looked at, now and then.
  public func run(progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> PreflightReport {
    let host = HostChecks(configuration: configuration).results()
    var checks = configurationChecks() + host
    var memory = Memory()
    // In a directory that the daemon would refuse nothing is opened.
    if !host.contains(where: { $0.check == .stateDirectory && $0.outcome == .fail }) {
      let (known, journal) = await Memory.read(configuration, at: time.now)
      memory = known
      checks.append(journal)
    }
    let azure = try Assembly(configuration: configuration).azure()
    let (principal, access) = await access(azure)
    checks += access
    guard let principal else { return PreflightReport(checks) }
    let (items, vaults) = await items(azure, granting: principal)
    checks += vaults
    let prospects = await prospects(of: items, memory, azure, progress)
    checks.append(machines(prospects))
    let needs = needs(of: prospects)
    let answers = await answers(to: needs, azure)
    let judgement = Judgement(
      of: needs, by: answers, granting: principal, isObserving: configuration.mode == .observe)
    checks += judgement.results
    checks += await workspaces(items, azure)
    checks += try await recoveryPlans(azure)
    checks += try await sinks(azure)
    return PreflightReport(checks, readiness: PreflightReport.Readiness(prospects, judgement.unmet))
  }

  private func configurationChecks() -> [CheckResult] {
    var warnings = configuration.warnings.map { words in
      CheckResult.warn(.configuration, file, words, remedy: "See docs/configuration.md.")
    }
    if configuration.mode != .heal {
      let what = configuration.mode == .observe ? "nothing is healed" : "nothing is healed until a person approves it"
      warnings.append(
        .warn(
          .configuration, file, "mode: \(configuration.mode): \(what)", remedy: "Set mode: heal when you are ready."))
    }
    guard warnings.isEmpty else { return warnings }
    let (vaults, profiles) = (configuration.vaults.count, configuration.profiles.count)
    return [.pass(.configuration, file, "\(vaults) vaults, \(profiles) profiles")]
  }

  /// Whether Azure can be reached and takes us for somebody, and how the clocks agree.
  private func access(_ azure: AzureCloud) async -> (Principal?, [CheckResult]) {
    let name = configuration.endpoint ?? configuration.cloud.rawValue
    var checks: [CheckResult] = []
    do throws(Fault) {
      let before = time.now
      let theirs = try await azure.time()
      let after = time.now
      // They tell whole seconds: on the average it is half a second later.
      let ours = before + (after - before) / 2
      checks = [
        .pass(.cloud, name, "answers within \((after - before).brief)"),
        .clock(ahead: ours - (theirs + .milliseconds(500))),
      ]
    } catch {
      return (nil, [.failed(.cloud, name, error)])
    }
    do throws(Fault) {
      let principal = try await azure.signIn()
      let who = principal.objectID.map { ", object id \($0)" } ?? ""
      checks.append(.pass(.identity, configuration.identity.kind.rawValue, "a token by \(principal.source)\(who)"))
      return (principal, checks)
    } catch {
      checks.append(.failed(.identity, configuration.identity.kind.rawValue, error))
      return (nil, checks)
    }
  }

  private func machines(_ prospects: [Prospect]) -> CheckResult {
    // One that could not be read comes before one that is on the move.
    let unknown =
      prospects.filter { $0.unknown != nil && $0.fault != nil }
      + prospects.filter { $0.unknown != nil && $0.fault == nil }
    guard let first = unknown.first, let why = first.unknown else {
      let bare = prospects.count { $0.parts.isEmpty && $0.lost.isEmpty }
      return .pass(
        .machines, "\(prospects.count) items",
        "what each machine must have is known" + (bare == 0 ? "" : "; of \(bare) that is nothing"))
    }
    return CheckResult(
      .machines, first.fault == nil ? .warn : .fail, "\(unknown.count) of \(prospects.count) items",
      "what their machines must have is not known; \(first.item.friendlyName): \(why.reason)", remedy: why.remedy)
  }

  /// Whether whoever is to be told of alerts can be reached. Nobody is told anything.
  private func sinks(_ azure: AzureCloud) async throws -> [CheckResult] {
    let sinks = try Assembly(configuration: configuration).sinks(telling: "check", through: azure)
    return await sinks.sideBySide(limit) { sink in
      do {
        try await sink.probe()
        return .pass(.sink, sink.name, "can be reached")
      } catch let error as SinkError {
        return .fail(.sink, sink.name, error.message, remedy: error.remedy)
      } catch {
        return .fail(.sink, sink.name, "was not asked: \(error)", remedy: "Check again.")
      }
    }
  }

  private func recoveryPlans(_ azure: AzureCloud) async throws -> [CheckResult] {
    let lints = try await PlanSurvey.lints(in: configuration.vaults, asking: azure)
    guard !lints.isEmpty else { return [.pass(.recoveryPlan, "recovery plans", "they do what they look like")] }
    return lints.map { lint in
      .warn(
        .recoveryPlan, lint.action.map { "\(lint.plan), action \($0)" } ?? lint.plan, lint.rule.rawValue,
        remedy: lint.remedy)
    }
  }
}
