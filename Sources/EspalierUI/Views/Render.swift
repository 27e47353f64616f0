import EspalierTree

/// What the state looks like. Looks only at the rows that are on the screen.
public func render(_ state: AppState) -> Screen {
  var canvas = Canvas(state)
  let layout = Layout(state)
  guard !layout.isTooSmall else {
    canvas.sayTooSmall(state)
    return canvas.screen
  }
  canvas.drawHead(state, layout)
  canvas.rule(0, layout.headHeight, layout.width)
  switch state.overlay {
  case .help(let scroll): canvas.drawHelp(state, layout, scroll)
  case .report(let cursor): canvas.drawReport(state, layout, cursor)
  case .metadata(let page): canvas.drawMetadata(layout, page)
  default:
    canvas.drawTrees(state, layout)
    if let rect = layout.row { canvas.drawRowPane(state, rect) }
    if let rect = layout.why { canvas.drawWhyPane(state, rect) }
  }
  canvas.drawStatus(state, layout)
  canvas.drawDialog(state, layout)
  return canvas.screen
}

extension Canvas {
  fileprivate mutating func sayTooSmall(_ state: AppState) {
    let lines = [
      "This window is too small.",
      "It has \(state.width) × \(state.height); at least",
      "\(Layout.leastWidth) × \(Layout.leastHeight) are needed. q quits.",
    ]
    let top = max(0, (state.height - lines.count) / 2)
    for (index, line) in lines.enumerated() {
      let text = glyphs.fit(line, state.width)
      put(text, max(0, (state.width - cellWidth(of: text)) / 2), top + index)
    }
  }
}
