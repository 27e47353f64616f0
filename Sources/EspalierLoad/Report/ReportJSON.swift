import EspalierTree

/// Writes a node of the source as an object.
public typealias SourceWriter = (NodeID, inout JSONWriter) -> Void

extension LoadReport {
  /// Writes the object that `load --json` prints.
  ///
  /// Entries of the lists are pairs: `{"dst": leaf or null, "src": leaf or null}`, with `losses`
  /// where a conversion lost something and `at` where the memory is loaded at another path.
  ///
  /// - Parameters:
  ///   - output: the file that was, or would be, written.
  ///   - extra: adds keys of its own at the end.
  ///   - source: writes a node of the source, where it is not to be said as the plan has it.
  ///   - flush: is handed the text in pieces, so that long reports need no memory.
  public func writeJSON(
    output: String? = nil, style: JSONWriter.Style = .compact,
    extra: (inout JSONWriter) -> Void = { _ in }, source: SourceWriter? = nil,
    flush: ([UInt8]) throws -> Void
  ) rethrows {
    var out = JSONWriter(style: style)
    out.beginObject()
    out.key("schema")
    out.integer(1)
    out.key("mode")
    out.string(plan.mode.name)
    out.key("applied")
    out.bool(applied)
    out.key("output")
    if let output { out.name(Array(output.utf8)) } else { out.null() }
    for (key, rows) in [
      ("loaded", loaded), ("zero_filled", zeroFilled), ("kept", kept), ("missing", missing),
      ("unexpected", unexpected),
    ] {
      try out.array(key, rows, flush) { writer, row in pair(row, source, &writer) }
    }
    let (left, right) = (plan.alignment.destination, plan.alignment.source)
    try out.array("kept_by_filter", keptByFilter, flush) { writer, leaf in
      writer.sides(left, left.node(of: leaf), right, nil, source)
    }
    try out.array("unused_by_filter", unusedByFilter, flush) { writer, leaf in
      writer.sides(left, nil, right, right.node(of: leaf), source)
    }
    try out.array("issues", plan.issues, flush) { writer, issue in
      sentence(issue.kind, plan.sentence(for: issue), issue.row, source, &writer)
    }
    try out.array("notes", plan.notes, flush) { writer, note in
      sentence(note.kind.name, plan.sentence(for: note), note.row, source, &writer)
    }
    out.coverage(plan.coverage)
    extra(&out)
    out.endObject()
    try flush(out.drain())
  }

  private func pair(_ row: Int, _ source: SourceWriter?, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.sides(plan.alignment, row, source)
    if let leaf = plan.alignment.destinationLeaf(row) {
      if let leader = plan.ties.followers[leaf]?.leaders.first {
        writer.key("at")
        writer.beginObject()
        writer.path(plan.alignment.destination.path(of: leader))
        writer.endObject()
      }
      if let loss = losses[leaf] {
        writer.key("losses")
        writer.beginObject()
        for (name, count) in loss.counts {
          writer.key(name)
          writer.integer(count)
        }
        writer.endObject()
      }
    }
    writer.endObject()
  }

  private func sentence(
    _ kind: String, _ message: String, _ row: Int, _ source: SourceWriter?,
    _ writer: inout JSONWriter
  ) {
    writer.beginObject()
    writer.key("kind")
    writer.string(kind)
    writer.sides(plan.alignment, row, source)
    writer.key("message")
    writer.string(message)
    writer.endObject()
  }
}

extension LoadPlan {
  /// Whether every row is equal, as far as headers and `differences` tell.
  public func isSame(differences: ValueDifferences = ValueDifferences()) -> Bool {
    (0..<alignment.count).allSatisfy { row in
      let status = status(at: row)
      return (status == nil || status == .equal) && !differences.contains(row)
    }
  }

  /// Writes the object that `diff --json` prints, a row for every leaf on either side.
  ///
  /// - Parameters:
  ///   - extra: adds keys of its own at the end.
  ///   - source: writes a node of the source, where it is not to be said as the plan has it.
  ///   - flush: is handed the text in pieces, so that long reports need no memory.
  public func writeDiffJSON(
    differences: ValueDifferences = ValueDifferences(), style: JSONWriter.Style = .compact,
    extra: (inout JSONWriter) -> Void = { _ in }, source: SourceWriter? = nil,
    flush: ([UInt8]) throws -> Void
  ) rethrows {
    var out = JSONWriter(style: style)
    out.beginObject()
    out.key("schema")
    out.integer(1)
    out.key("same")
    out.bool(isSame(differences: differences))
    out.coverage(coverage)
    try out.array("rows", 0..<alignment.count, flush) { writer, row in
      guard var status = status(at: row) else { return }
      if status == .equal, differences.contains(row) { status = .value }
      writer.beginObject()
      writer.key("status")
      writer.string(status.name)
      writer.sides(alignment, row, source)
      writer.key("message")
      writer.string(differences.sentence(self, row) ?? message(at: row))
      writer.endObject()
    }
    extra(&out)
    out.endObject()
    try flush(out.drain())
  }
}

extension JSONWriter {
  /// The keys `dst` and `src` of a row.
  fileprivate mutating func sides(
    _ alignment: Alignment, _ row: Int, _ source: SourceWriter?
  ) {
    key("dst")
    side(alignment.destinationNode(row), of: alignment.destination, nil)
    key("src")
    side(alignment.sourceNode(row), of: alignment.source, source)
  }

  /// An object with the keys `dst` and `src`.
  fileprivate mutating func sides(
    _ left: Tree, _ a: NodeID?, _ right: Tree, _ b: NodeID?, _ source: SourceWriter?
  ) {
    beginObject()
    key("dst")
    side(a, of: left, nil)
    key("src")
    side(b, of: right, source)
    endObject()
  }

  private mutating func side(_ node: NodeID?, of tree: Tree, _ writer: SourceWriter?) {
    guard let node else { return null() }
    if let writer { writer(node, &self) } else { self.node(node, of: tree) }
  }

  fileprivate mutating func coverage(_ coverage: LoadPlan.Coverage) {
    key("coverage")
    beginObject()
    key("tensors")
    beginArray()
    integer(coverage.tensorsLoaded)
    integer(coverage.tensors)
    endArray()
    key("parameters")
    beginArray()
    integer(coverage.parametersLoaded)
    integer(coverage.parameters)
    endArray()
    endObject()
  }
}

extension JSONWriter {
  /// Writes a list under a key, and hands on what has been written whenever enough has come
  /// together.
  fileprivate mutating func array<S: Sequence>(
    _ key: String, _ items: S, _ flush: ([UInt8]) throws -> Void,
    _ write: (inout JSONWriter, S.Element) -> Void
  ) rethrows {
    self.key(key)
    beginArray()
    for item in items {
      write(&self, item)
      if bytes.count > 1 << 16 { try flush(drain()) }
    }
    endArray()
  }
}
