import Reporting

/// What every page has around it.
enum Frame {
  static func page(_ title: String, _ main: HTML, live: Bool = true) -> HTML {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(title) · Aftercare</title>
    <noscript><meta http-equiv="refresh" content="10"></noscript>
    <style>\(Style.sheet)</style>
    \(live ? "<script src=\"/live.js\" defer></script>" as HTML : .none)
    </head>
    <body>
    <a class="skip" href="#main">Skip to the content</a>
    <header><strong>Aftercare</strong>
    <nav aria-label="Pages"><a href="/">Fleet</a> · <a href="/failovers">Failovers</a></nav>
    <span class="quiet" id="live" role="status">as of the time of loading</span></header>
    <main id="main">
    \(main)
    </main>
    <footer class="quiet"><p>Read only. Orders are given on the command line: <code>aftercare status</code>,
    <code>approve</code>, <code>retry</code>, <code>pause</code>, <code>resume</code>.</p></footer>
    </body>
    </html>

    """
  }

  /// The page of an item.
  static func link(_ key: String, _ words: String) -> HTML { "<a href=\"/machine?item=\(encoded(key))\">\(words)</a>" }

  static func encoded(_ text: String) -> String {
    text.utf8.map { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(UnicodeScalar(byte))
      default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    .joined()
  }

  static func tag(_ kind: String, _ words: String) -> HTML { "<span class=\"tag \(kind)\">\(words)</span>" }

  /// Rows under headings; on a phone a row is a block, its cells told by their `data-label`.
  static func table(_ head: [String], _ rows: [HTML], _ label: String) -> HTML {
    let cells: [HTML] = head.map { "<th scope=\"col\">\($0)</th>" }
    return """
      <div class="wide" role="region" aria-label="\(label)" tabindex="0"><table class="stack">
      <thead><tr>\(cells)</tr></thead><tbody>
      \(rows)</tbody></table></div>
      """
  }
}
