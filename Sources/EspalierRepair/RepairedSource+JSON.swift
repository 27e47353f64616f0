import EspalierTree

extension RepairedSource {
  /// Writes a node of ``tree`` as the source's own: `path` is where its values lie in the source (for
  /// several sources the first), element type and shape are as the load sees them. Where a rule makes
  /// it, `op` says how, and `sources` describes each source as the file has it.
  public func writeJSON(_ node: NodeID, to json: inout JSONWriter) {
    guard let leaf = tree.leaf(at: node), let origin = origin(of: leaf),
      let first = origin.sources.first
    else { return json.node(node, of: tree) }
    let own = sourceTree
    json.leaf(leaf, of: tree, path: own.path(of: first)) { json in
      guard origin.rule != nil else { return }
      json.key("op")
      json.string(origin.operation.description)
      json.key("sources")
      json.beginArray()
      for source in origin.sources { json.leaf(source, of: own) }
      json.endArray()
    }
  }
}
