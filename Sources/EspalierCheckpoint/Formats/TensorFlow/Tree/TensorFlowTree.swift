import EspalierTree

/// Builds the tree of a checkpoint from the names in its table, which slashes divide.
struct TensorFlowTree {
  private var builder = TreeBuilder(order: .natural)
  private var contents: [Int32: TensorFlowSource.Content] = [:]
  private let beside: TensorFlowBeside
  private(set) var notes: [String] = []
  private var unreadTypes: [String: Int] = [:]

  init(_ beside: TensorFlowBeside) { self.beside = beside }

  /// - Parameter array: nil for elements of a type that is not read.
  mutating func add(
    _ name: [UInt8], _ type: TensorFlowType, _ shape: [Int], _ content: TensorFlowSource.Content
  ) throws {
    guard let dtype = type.dtype else {
      unreadTypes[type.name, default: 0] += 1
      let words = shape.isEmpty ? type.name : "\(type.name) \(Shape(shape))"
      try add(name, .opaque(type: Array(words.utf8)))
      return
    }
    let leaf = try builder.setArray(ArrayDescription(dtype, Shape(shape)), at: try node(name))
    contents[leaf.raw] = content
  }

  mutating func add(_ name: [UInt8], _ value: LeafValue) throws {
    try builder.setLeaf(.value(value), at: try node(name))
  }

  consuming func finish() -> (source: TensorFlowSource, notes: [String]) {
    var notes = notes
    for (type, count) in unreadTypes.sorted(by: { $0.key < $1.key }) {
      notes.append("\(counted(count, "variable")) of type \(type) cannot be read here")
    }
    return (TensorFlowSource(tree: builder.finish(), contents: contents), notes)
  }

  private static let slash = UInt8(ascii: "/")
  private static let attributes = Array("/.ATTRIBUTES/".utf8)

  /// The node of a name. TensorFlow 2 ends every name in `/.ATTRIBUTES/VARIABLE_VALUE`, which stays
  /// on the variable's own name instead of becoming two branches with one child each.
  private mutating func node(_ name: [UInt8]) throws -> TreeBuilder.Handle {
    let end = name.firstRange(of: Self.attributes) ?? name.count
    let start = name[..<end].lastIndex(of: Self.slash).map { $0 + 1 } ?? 0
    let leaf: TreeBuilder.Handle
    if start == 0 {
      leaf = try builder.node(Name(name), under: .root)
    } else {
      let branch = try builder.flatNode(Name(name[..<(start - 1)]), separator: .slash)
      leaf = try builder.node(Name(name[start...]), under: branch, joint: .slash)
    }
    guard let hidden = beside.length(in: name) else { return leaf }
    if hidden < start {
      builder.hide(try builder.flatNode(Name(name[..<hidden]), separator: .slash))
    } else {
      builder.hide(leaf)
    }
    return leaf
  }
}

extension [UInt8] {
  /// Where `pattern` begins for the first time.
  func firstRange(of pattern: [UInt8]) -> Int? {
    guard let first = pattern.first else { return nil }
    var start = startIndex
    while let at = self[start...].firstIndex(of: first) {
      if self[at...].starts(with: pattern) { return at }
      start = at + 1
    }
    return nil
  }
}
