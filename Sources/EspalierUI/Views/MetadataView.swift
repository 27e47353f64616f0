extension Canvas {
  /// What the files say about themselves, over the whole window.
  mutating func drawMetadata(_ layout: Layout, _ page: MetadataPage) {
    put("Metadata", 2, layout.listTop - 1, .title)
    put("Esc closes, \(glyphs.ascii ? "j k" : "↑ ↓") scroll", 12, layout.listTop - 1, .dim)
    let shown = page.lines.dropFirst(page.scroll).prefix(layout.listHeight)
    for (index, line) in shown.enumerated() {
      let y = layout.listTop + index
      put(glyphs.fit(line.key, layout.width - 6), 4, y, .title)
      put(glyphs.fit(line.text, layout.width - line.indent - 1), line.indent, y, line.role)
    }
    let last = page.scroll + shown.count
    putRight("\(last) of \(page.lines.count)", before: layout.width - 1, layout.listTop - 1, .dim)
  }
}
