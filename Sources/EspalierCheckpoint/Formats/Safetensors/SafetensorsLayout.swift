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
  private(set) var ties: [SafetensorsTies.Tie] = []
  /// Sentences about what the format cannot hold.
  private(set) var losses: [String] = []

  var byteCount: Int { entries.reduce(0) { $0 &+ $1.byteCount } }

  init(_ request: SaveRequest) throws {
    let tree = request.source.tree
    var others: [TreePath] = []
    var empty: [TreePath] = []
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
      entries.append(entry)
    }
    let copies = request.untied ? [] : storeOnce(tree)
    losses = Self.sentences(others: others, empty: empty) + viewSentences + copies
    losses += request.metadataLosses(in: "safetensors") { entry in
      if case .value(.text) = entry.value { true } else { false }
    }
    if request.destination?.format.name != "safetensors" { sortAsTheReferenceDoes(tree) }
  }

  /// Takes out the names of arrays whose values are stored under another.
  private mutating func storeOnce(_ tree: Tree) -> [String] {
    let once = StoredOnce(tree, entries.lazy.map(\.leaf))
    if once.places.isEmpty { return once.losses }
    var names: [LeafID: [UInt8]] = [:]
    for entry in entries { names[entry.leaf] = entry.name }
    var stored: [Entry] = []
    for entry in entries {
      guard let place = once.places[entry.leaf] else {
        stored.append(entry)
        continue
      }
      let view = place.layout.map {
        SafetensorsTies.View(shape: tree.shape(of: entry.leaf), layout: $0)
      }
      ties.append(
        SafetensorsTies.Tie(name: entry.name, stored: names[place.base] ?? [], view: view))
    }
    entries = stored
    return once.losses
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
      throw request.unsupportedTypes(in: "safetensors", SafetensorsDType.supports)
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

  private static func sentences(others: [TreePath], empty: [TreePath]) -> [String] {
    var result: [String] = []
    if !others.isEmpty {
      result.append(
        "safetensors holds arrays only; \(others.count) other "
          + (others.count == 1 ? "value is" : "values are") + " left out: "
          + list(others.map(\.description)))
    }
    if !empty.isEmpty {
      result.append(
        "\(empty.count) " + (empty.count == 1 ? "array has" : "arrays have")
          + " no values and \(empty.count == 1 ? "is" : "are") left out: "
          + list(empty.map(\.description)))
    }
    return result
  }

  private var viewSentences: [String] {
    let views = ties.filter { $0.view != nil }.map { visibleText($0.name) }
    if views.isEmpty { return [] }
    if views.count == 1 {
      return [
        "\(views[0]) sees a part of another array, or all of it in another order: its name is in "
          + "the metadata alone, where other programs do not look"
      ]
    }
    return [
      "\(views.count) arrays see a part of another, or all of it in another order "
        + "(\(Self.list(views))): their names are in the metadata alone, where other programs do "
        + "not look"
    ]
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(3).joined(separator: ", ")
    return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
  }
}
