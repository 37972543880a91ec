import RecoveryCore
import Reporting

/// One item: its verdict, what it must have, what is done for it, and its story.
struct MachinePage {
  let story: MachineStory

  init(_ story: MachineStory) { self.story = story }

  var html: HTML {
    let row = story.row
    return Frame.page(
      row.item,
      """
      <h1>\(row.item) \(Frame.tag(row.condition.rawValue, row.condition.words))</h1>
      <p>\(row.reason)</p>
      <dl>
      <dt>Live machine</dt><dd><code>\(row.machine)</code></dd>
      <dt>Region</dt><dd>\(story.location ?? "-")</dd>
      <dt>Vault</dt><dd>\(story.vault)</dd>
      <dt>Protection state</dt><dd>\(row.protectionState)</dd>
      <dt>Re-protect</dt><dd>\(row.reprotect)</dd>
      <dt>Looked at</dt><dd>\(story.lastLook?.description ?? "not yet"); next at \(story.nextLook.description)</dd>
      \(row.failover.map { "<dt>Failover</dt><dd><a href=\"/failovers/\(Frame.encoded($0))\">\($0)</a></dd>" as HTML })
      </dl>
      \(legs)
      \(heals)
      \(baseline)
      \(events)
      """)
  }

  private var legs: HTML {
    let rows: [HTML] = story.legs.map { leg in
      """
      <tr><th scope="row">\(leg.leg)</th><td data-label="finding">\(Frame.tag(leg.finding.rawValue, leg.finding.rawValue))</td>\
      <td data-label="evidence">\(leg.evidence)</td></tr>

      """
    }
    return """
      <h2>Verdict</h2>
      \(rows.isEmpty ? "<p>Not judged yet.</p>" as HTML : Frame.table(["leg", "finding", "evidence"], rows, "Verdict"))
      """
  }

  private var heals: HTML {
    HTML(
      joining: story.heals.map { heal in
        let rows: [HTML] = heal.steps.map { step in
          """
          <tr><th scope="row">\(step.title)</th><td data-label="state">\(Frame.tag(step.state, step.state))</td>\
          <td data-label="tries" class="number">\(step.attempts)</td>\
          <td data-label="fault">\(step.fault.map { "\($0) \($0.remedy)" } ?? "")</td></tr>

          """
        }
        return """
          <h2>Heal of \(heal.started), round \(heal.round): \(heal.status)</h2>
          \(heal.reason.map { "<p>\($0)</p>" as HTML })
          \(Frame.table(["step", "state", "tries", "fault"], rows, "Steps of the heal of \(heal.started)"))
          """
      })
  }

  private var baseline: HTML {
    guard let known = story.baseline else {
      return "<h2>Baseline</h2><p>What it must have was not learned yet; profiles may say it.</p>"
    }
    let parts: [HTML] =
      known.extensions.map { "<li>extension \($0.kind.handlerType), version \($0.version)</li>" }
      + known.associations.map { "<li>association \($0.name)</li>" }
    return """
      <h2>Baseline</h2>
      <p class="quiet">learned \(Moment(known.learned).description), confirmed \(Moment(known.confirmed).description),
      in \(known.location)</p>
      <ul><li>identity \(known.identity.type)</li>\(parts)</ul>
      """
  }

  private var events: HTML {
    let rows: [HTML] = story.events.map { event in
      let fields = event.fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " · ")
      return """
        <tr><th scope="row">\(event.at.description)</th><td>\(Frame.tag(event.level.rawValue, event.level.rawValue))</td>\
        <td>\(event.message)</td><td class="quiet">\(fields)</td></tr>

        """
    }
    return "<h2>Story</h2>\n\(Frame.table(["time", "level", "event", "more"], rows, "Story"))"
  }
}

/// Every failover that the journal knows of, newest first.
struct FailoverListPage {
  let records: [FailoverRecord]

  var html: HTML {
    let rows: [HTML] = records.reversed().map { record in
      """
      <tr><th scope="row"><a href="/failovers/\(Frame.encoded(record.id))">\(record.id)</a></th>\
      <td data-label="vault">\(record.vault?.name ?? "-")</td><td data-label="began">\(Moment(record.began).minute)</td>\
      <td data-label="machines" class="number">\(record.items)</td></tr>

      """
    }
    return Frame.page(
      "Failovers",
      """
      <h1>Failovers</h1>
      \(rows.isEmpty
        ? "<p>None is on record.</p>" as HTML
        : Frame.table(["failover", "vault", "began", "machines"], rows, "Failovers"))
      """)
  }
}
