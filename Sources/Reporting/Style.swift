/// The one style sheet of the status page and of reports: light and dark, wide and narrow, and on paper.
public enum Style {
  public static let sheet: HTML = """
    :root { color-scheme: light dark; --back: #fff; --fore: #1b1f24; --quiet: #57606a; --line: #d0d7de; --card: #f6f8fa;
      --good: #116329; --bad: #a40e26; --warn: #7d4e00; --busy: #0550ae; --link: #0550ae; }
    @media (prefers-color-scheme: dark) { :root { --back: #0d1117; --fore: #e6edf3; --quiet: #9aa4af; --line: #30363d;
      --card: #161b22; --good: #56d364; --bad: #ff7b72; --warn: #e3b341; --busy: #79c0ff; --link: #79c0ff; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--back); color: var(--fore); font: 16px/1.5 system-ui, sans-serif; }
    main, header, footer { max-width: 72rem; margin: 0 auto; padding: .5rem 1rem; }
    header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; border-bottom: 1px solid var(--line); }
    h1 { font-size: 1.4rem; margin: .5rem 0; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
    a { color: var(--link); } a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
    .skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--back); padding: .5rem; }
    .quiet { color: var(--quiet); } .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-size: .9rem; }
    th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
    tbody th { font-weight: 600; } td .tag, tbody th a { white-space: nowrap; }
    ul { padding-left: 1.2rem; } code { font-size: .85em; overflow-wrap: anywhere; }
    .tag { display: inline-block; padding: 0 .5rem; border: 1px solid currentColor; border-radius: 1rem; font-size: .8rem; white-space: nowrap; color: var(--quiet); }
    .tag.healed, .tag.well, .tag.healthy, .tag.notice { color: var(--good); }
    .tag.parked, .tag.error, .tag.stuck, .tag.missing, .tag.failed, .tag.orphan, .tag.wrong { color: var(--bad); }
    .tag.held, .tag.unverified, .tag.warning, .tag.suspect, .tag.absent { color: var(--warn); }
    .tag.healing, .tag.failingOver, .tag.failedOver, .tag.inFlight { color: var(--busy); }
    .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .75rem; padding: 0; list-style: none; }
    .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; }
    .card b { font-size: 1.6rem; display: block; font-variant-numeric: tabular-nums; }
    .alert { border-left: .4rem solid var(--warn); background: var(--card); padding: .5rem .8rem; margin: .5rem 0; }
    .alert.error { border-color: var(--bad); } .alert.notice { border-color: var(--busy); }
    .legs { display: flex; flex-wrap: wrap; gap: .3rem; }
    svg text { font: 12px system-ui, sans-serif; fill: currentColor; } svg .tick { stroke: var(--line); }
    svg.strip { display: block; width: 15rem; max-width: 100%; height: 1.1rem; } svg .moving { fill: var(--line); }
    svg .broken, svg .parked { fill: var(--bad); } svg .healing { fill: var(--busy); } svg .unverified { fill: var(--warn); } svg .well { fill: var(--good); }
    svg .done, svg .failed { stroke: var(--back); stroke-width: 1.5; } svg .failed { stroke: var(--fore); }
    svg .gap { fill: var(--warn); } svg .gap.open { fill: var(--bad); }
    @media (max-width: 40rem) { table.stack thead { position: absolute; left: -99rem; } table.stack tr { display: block; border-bottom: 1px solid var(--line); padding: .4rem 0; }
      table.stack td, table.stack th { display: block; border: 0; padding: .1rem 0; } table.stack td[data-label]::before { content: attr(data-label) ": "; color: var(--quiet); } }
    @media print { a { color: inherit; } .wide { overflow: visible; } }
    """
}
