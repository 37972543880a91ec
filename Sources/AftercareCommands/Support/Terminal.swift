import Foundation

/// What standard output is, and what may be drawn on it.
enum Terminal {
  static let isInteractive = isatty(STDOUT_FILENO) == 1
  /// Colour only on a terminal, and never against `NO_COLOR`.
  static let hasColour =
    isInteractive && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
    && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  /// Columns of the terminal; nil when there is none.
  static var width: Int? {
    guard isInteractive else { return nil }
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case dim = "2"
    case bold = "1"
  }

  static func paint(_ text: String, _ colour: Colour?) -> String {
    guard hasColour, let colour else { return text }
    return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
  }
}

/// Rows under headings, each column as wide as its widest cell.
struct Table {
  private let headings: [String]
  private var rows: [[String]] = []
  /// No column becomes narrower than that.
  private static let least = 8

  init(_ headings: String...) { self.headings = headings }

  mutating func add(_ cells: String...) { rows.append(cells) }

  var isEmpty: Bool { rows.isEmpty }

  /// Lines without trailing blanks. On a terminal the widest columns give way until all fit.
  var lines: [String] { lines(within: Terminal.width) }

  func lines(within width: Int?) -> [String] {
    let all = [headings] + rows
    var widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    if let width {
      while widths.reduce(2 * (widths.count - 1), +) > width, let widest = widths.max(), widest > Table.least {
        for column in widths.indices where widths[column] == widest { widths[column] -= 1 }
      }
    }
    return all.map { cells in
      var line = zip(cells, widths).map { cell, width in
        let text = cell.count > width ? cell.prefix(width - 1) + "…" : cell
        return text + String(repeating: " ", count: width - text.count)
      }
      .joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
