import EspalierTree

/// What a safetensors file will hold: which arrays under which names, where, and what is left out.
struct SafetensorsLayout {
  struct Entry {
    var leaf: LeafID
    /// UTF-8.
    var name: [UInt8]
    var byteCount: Int
  }

  /// In the order of their values.
  private(set) var entries: [Entry] = []
  /// Further names of arrays that are stored once.
  private(set) var ties: [(name: [UInt8], stored: [UInt8])] = []
  /// Sentences about what the format cannot hold.
  private(set) var losses: [String] = []

  var byteCount: Int { entries.reduce(0) { $0 &+ $1.byteCount } }

  init(_ request: SaveRequest) throws {
    let tree = request.source.tree
    var others: [TreePath] = []
    var empty: [TreePath] = []
    var views = 0
    var stored: [Int: [Entry]] = [:]
    var names: Set<[UInt8]> = []
    for leaf in Self.leaves(request) {
      let path = tree.path(of: tree.node(of: leaf), below: request.root)
      guard tree.kind(of: leaf) == .array else {
        others.append(path)
        continue
      }
      guard request.source.hasValues(leaf) else {
        empty.append(path)
        continue
      }
      let entry = try Self.entry(leaf, path, request)
      guard names.insert(entry.name).inserted else {
        throw CheckpointError(
          .duplicateName, file: request.path, place: entry.name,
          found: "two arrays with this name once their containers are joined",
          expected: "names that differ", advice: "save one container at a time")
      }
      if let tie = tree.tie(of: leaf) {
        if let first = stored[tie]?.first(where: { tree.isSameArray($0.leaf, leaf) }) {
          ties.append((entry.name, first.name))
          continue
        }
        views += stored[tie] == nil ? 0 : 1
        stored[tie, default: []].append(entry)
      }
      entries.append(entry)
    }
    losses = Self.sentences(others: others, empty: empty, views: views)
    losses += request.metadataLosses(in: "safetensors") { entry in
      if case .value(.text) = entry.value { true } else { false }
    }
    if request.destination?.format.name != "safetensors" { sortAsTheReferenceDoes(tree) }
  }

  /// The leaves to be saved: of a safetensors destination in the order of its header.
  private static func leaves(_ request: SaveRequest) -> [LeafID] {
    let tree = request.source.tree
    let range = request.root.index..<tree.end(of: request.root)
    if request.destination?.format.name == "safetensors" {
      return tree.leafIDs.filter { range.contains(tree.node(of: $0).index) }
    }
    return range.compactMap { tree.leaf(at: NodeID(Int32(truncatingIfNeeded: $0))) }
  }

  private static func entry(
    _ leaf: LeafID, _ path: TreePath, _ request: SaveRequest
  ) throws -> Entry {
    let tree = request.source.tree
    let dtype = tree.dtype(of: leaf)
    var name = path.flatName.bytes
    guard SafetensorsDType.supports(dtype) else {
      throw CheckpointError(
        .unsupported, file: request.path, place: name, found: "the element type \(dtype)",
        expected: "one that safetensors has", advice: "save in the source's own format")
    }
    // JSON holds text only; other names are written so that they can be told back.
    if String(validating: name, as: UTF8.self) == nil { name = NameText.encode(name) }
    return Entry(leaf: leaf, name: name, byteCount: tree.byteCount(of: leaf))
  }

  /// Wide types first, so that every array is aligned to its elements, then by name.
  private mutating func sortAsTheReferenceDoes(_ tree: Tree) {
    var rank = [Int](repeating: 0, count: DType.allCases.count)
    for (place, dtype) in SafetensorsDType.all.enumerated() { rank[Int(dtype.rawValue)] = place }
    entries.sort { a, b in
      let x = rank[Int(tree.dtype(of: a.leaf).rawValue)]
      let y = rank[Int(tree.dtype(of: b.leaf).rawValue)]
      return x == y ? a.name.lexicographicallyPrecedes(b.name) : x > y
    }
  }

  private static func sentences(others: [TreePath], empty: [TreePath], views: Int) -> [String] {
    var result: [String] = []
    func list(_ paths: [TreePath]) -> String {
      let shown = paths.prefix(3).map(\.description).joined(separator: ", ")
      return paths.count > 3 ? "\(shown) and \(paths.count - 3) more" : shown
    }
    if !others.isEmpty {
      result.append(
        "safetensors holds arrays only; \(others.count) other "
          + (others.count == 1 ? "value is" : "values are") + " left out: \(list(others))")
    }
    if !empty.isEmpty {
      result.append(
        "\(empty.count) " + (empty.count == 1 ? "array has" : "arrays have")
          + " no values and \(empty.count == 1 ? "is" : "are") left out: \(list(empty))")
    }
    if views > 0 {
      result.append(
        "safetensors has no views; \(views) of them "
          + "\(views == 1 ? "is" : "are") stored as arrays of their own")
    }
    return result
  }
}
