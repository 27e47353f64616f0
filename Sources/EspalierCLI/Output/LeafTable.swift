import Espalier
import EspalierUI

extension Checkpoint {
  /// The leaves at and below a node, in walk order.
  func leaves(below node: NodeID) -> [LeafID] {
    (node.index..<tree.end(of: node)).compactMap {
      tree.leaf(at: NodeID(Int32(truncatingIfNeeded: $0)))
    }
  }
}

/// What some leaves amount to. Tied arrays count once.
struct TreeSummary {
  var arrays = 0
  var parameters = 0
  var bytes = 0

  init(_ tree: Tree, _ leaves: [LeafID]) {
    var seen: Set<Int> = []
    for leaf in leaves where tree.kind(of: leaf) == .array {
      if let tie = tree.tie(of: leaf), !seen.insert(tie).inserted { continue }
      arrays += 1
      parameters += tree.elementCount(of: leaf)
      bytes += tree.byteCount(of: leaf)
    }
  }
}

/// Lines of a listing in columns: path, element type, shape, size, tie.
struct LeafTable {
  private let tree: Tree
  private let width: Int
  /// Shapes and their texts by number: a model has few.
  private var shapes: [Int: [UInt8]] = [:]

  init(_ tree: Tree, _ leaves: [LeafID]) {
    self.tree = tree
    // Wide enough for most: a single long name does not push the columns off the screen.
    var longest = 0
    for leaf in leaves.prefix(2_000) {
      longest = max(longest, cellWidth(of: tree.path(of: leaf).description))
    }
    width = min(longest, 60)
  }

  mutating func line(_ leaf: LeafID) -> [UInt8] {
    let path = tree.path(of: leaf).description
    var text = Array(path.utf8)
    let isASCII = text.allSatisfy { $0 < 0x80 }
    let cells = isASCII ? text.count : cellWidth(of: path)
    text.append(contentsOf: repeatElement(0x20, count: max(0, width - cells) + 2))
    guard tree.kind(of: leaf) == .array else {
      text += Array((tree.value(leaf) ?? .nothing).description.utf8)
      return text
    }
    let dtype = tree.dtype(of: leaf).name
    text += dtype.utf8
    text.append(contentsOf: repeatElement(0x20, count: max(0, 5 - dtype.utf8.count) + 1))
    text += shapeText(leaf)
    if let tie = tree.tie(of: leaf) { text += "  tied \(tie)".utf8 }
    return text
  }

  private mutating func shapeText(_ leaf: LeafID) -> [UInt8] {
    let number = tree.shapeNumber(of: leaf)
    if let known = shapes[number] { return known }
    let text = Array(tree.shape(of: leaf).description.utf8)
    shapes[number] = text
    return text
  }
}
