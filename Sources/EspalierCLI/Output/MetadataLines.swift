import Espalier
import EspalierUI

/// What a file says about itself, a line for each entry; the whole of it is in the JSON output.
struct MetadataLines {
  private static let entryLimit = 64
  private static let width = 120

  let lines: [String]

  init(_ entries: [MetadataEntry]) {
    var lines = entries.prefix(Self.entryLimit).map { entry in
      fitted("metadata: \(entry.key) = \(Self.text(entry.value))", to: Self.width)
    }
    let more = entries.count - lines.count
    if more > 0 { lines.append("metadata: \(more) more, see --json") }
    self.lines = lines
  }

  /// Long enough for a line, however much there is.
  private static func text(_ value: MetadataEntry.Value) -> String {
    switch value {
    case .json(let text): visibleText(text.prefix(2 * width))
    case .value(.text(let text)): LeafValue.text(Array(text.prefix(2 * width))).description
    case .value(let value): value.description
    }
  }
}
