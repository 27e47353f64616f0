extension Tree {
  /// The tree as text, one node a line: the golden form of tests.
  ///
  ///     encoder
  ///       0
  ///         .weight  F32 [2, 3]  tie 0
  ///         .bias  false
  public var dump: String {
    var lines: [String] = []
    var depth: [Int] = [0]
    for index in 1..<max(1, nodeCount) {
      let node = NodeID(index)
      let level = parent(of: node).map { depth[$0.index] + 1 } ?? 0
      depth.append(level)
      var line = String(repeating: "  ", count: level - 1)
      switch joint(of: node) {
      case .level: break
      case .dot: line += "."
      case .slash: line += "/"
      }
      line += name(of: node).description
      if let label = label(of: node) { line += "  <\(visibleText(label))>" }
      if kind(of: node) == .positional { line += "  (…)" }
      if isHidden(node) { line += "  hidden" }
      if let leaf = leaf(at: node) { line += "  " + summary(of: leaf) }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }

  /// A leaf in a few words: type and shape, or its value.
  public func summary(of leaf: LeafID) -> String {
    guard let array = array(leaf) else { return (value(leaf) ?? .nothing).description }
    var text = "\(array.dtype) \(array.shape)"
    switch array.layout {
    case .contiguous(.row): break
    case .contiguous(.column): text += " column"
    case .strided(let offset, let strides): text += " strides \(strides) offset \(offset)"
    }
    if let tie = tie(of: leaf) { text += "  tie \(tie)" }
    return text
  }
}

extension LeafValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .unsigned(let value): return String(value)
    case .float(let value): return "\(value)"
    case .bigNumber(let text): return text
    case .text(let bytes): return "\"\(visibleText(bytes))\""
    case .nothing: return "nothing"
    case .opaque(let type): return "<\(visibleText(type))>"
    }
  }
}
