public import RecoveryCore

/// One item with everything that is known of it: its verdict, its baseline, its heals and its story.
public struct MachineStory: Sendable, Encodable {
  public struct JudgedLeg: Sendable, Encodable {
    public var leg: String
    public var finding: Finding
    public var evidence: String

    public init(_ verdict: LegVerdict) {
      leg = verdict.leg.description
      finding = verdict.finding
      evidence = verdict.evidence
    }
  }

  public var row: StatusReport.Row
  public var vault: String
  public var location: String?
  public var legs: [JudgedLeg]
  public var lastLook: Moment?
  public var nextLook: Moment
  /// What it had while it was well; nil when that is not known.
  public var baseline: Baseline?
  /// Newest first.
  public var heals: [HealSummary]
  public var events: [ToldEvent]

  /// Nil when nothing of that name is watched.
  public init?(of subject: String, in states: ItemStates, _ journal: any Journal) async throws(JournalError) {
    let subject = subject.lowercased()
    let state = states.first {
      $0.key.text == subject || $0.name.lowercased() == subject || $0.live?.id.key == subject
    }
    guard let state else { return nil }
    row = StatusReport.Row(state)
    vault = state.vault.name
    location = state.location
    legs = state.legs.map(JudgedLeg.init)
    lastLook = state.lastLook.map(Moment.init)
    nextLook = Moment(state.nextLook)
    baseline = try await journal.baseline(of: state.key.item)
    heals = try await journal.heals(about: state.key.text, last: 10).reversed().map(HealSummary.init)
    events = try await journal.events(about: state.key.text, last: 100).reversed().map(ToldEvent.init)
  }
}
