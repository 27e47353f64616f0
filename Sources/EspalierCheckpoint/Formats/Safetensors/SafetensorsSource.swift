import EspalierTree

/// One file of a safetensors checkpoint.
struct SafetensorsPart: Sendable {
  var region: ByteRegion
  /// Where the header ends, from the start of the region.
  var dataStart: Int
  /// The numbers of its leaves.
  var leaves: Range<Int>
  /// Where its values end, when each was seen to begin where the one before it ends.
  var end: Int?
}

/// The arrays of one or several safetensors files.
struct SafetensorsSource: TensorSource {
  let tree: Tree
  let parts: [SafetensorsPart]
  /// Where each stored array begins in its region; tied names come after them and have none.
  private let begins: ContiguousArray<Int>
  /// Of tied names, by leaf number: the leaf whose bytes they share.
  private let stored: [Int32: LeafID]

  init(
    tree: Tree, parts: [SafetensorsPart], begins: ContiguousArray<Int>, stored: [Int32: LeafID]
  ) {
    self.tree = tree
    self.parts = parts
    self.begins = begins
    self.stored = stored
  }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let (part, range) = place(of: leaf) else {
      throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
    let start = part.region.range.lowerBound
    let bytes = (start + range.lowerBound)..<(start + range.upperBound)
    let file = part.region.file
    if let view = tree.array(leaf), case .strided = view.layout,
      let reader = StridedReader(
        view, fetch: { try file.read(at: bytes.lowerBound + $0, into: $1) })
    {
      return reader
    }
    return FileRangeReader(file, bytes)
  }

  /// The leaf under whose name an array is stored.
  func storedLeaf(_ leaf: LeafID) -> LeafID { stored[leaf.raw] ?? leaf }

  /// The part that holds an array, and where, from the start of its region.
  func place(of leaf: LeafID) -> (part: SafetensorsPart, range: Range<Int>)? {
    let leaf = storedLeaf(leaf)
    guard let number = partNumber(ofStored: leaf) else { return nil }
    let begin = begins[leaf.index]
    return (parts[number], begin..<(begin + tree.byteCount(of: leaf)))
  }

  /// The number of the part that holds an array under this very name; nil for tied names.
  func partNumber(ofStored leaf: LeafID) -> Int? {
    guard leaf.index < begins.count else { return nil }
    var low = 0
    var high = parts.count
    while low < high {
      let middle = low + (high - low) / 2
      if parts[middle].leaves.upperBound > leaf.index { high = middle } else { low = middle + 1 }
    }
    return low < parts.count ? low : nil
  }
}

extension SafetensorsHeader {
  /// The tree of all files that were added, when their arrays fill them exactly.
  mutating func finish() throws -> (source: SafetensorsSource, notes: [String]) {
    let (stored, notes) = try addTies()
    let tree = makeTree()
    for part in parts { try checkTiling(of: part, tree) }
    return (
      SafetensorsSource(tree: tree, parts: parts, begins: begins, stored: stored), notes
    )
  }

  /// Arrays stand one after the other: no hole, no overlap, nothing before or after.
  private func checkTiling(of part: SafetensorsPart, _ tree: Tree) throws {
    var end = part.dataStart
    if let known = part.end {
      end = known
    } else {
      var previous: Int?
      for row in inDataOrder(part.leaves, tree) {
        if row.begin != end { throw gap(row.leaf, after: previous, end: end, in: part, tree) }
        end = row.end
        previous = row.leaf
      }
    }
    guard end == part.region.count else { throw wrongLength(end, part) }
  }

  /// Leaves by where their bytes lie. What is compared stands in the rows themselves: looking it up
  /// would cost far more.
  private func inDataOrder(
    _ leaves: Range<Int>, _ tree: Tree
  ) -> [(begin: Int, end: Int, leaf: Int)] {
    var rows = leaves.map { leaf in
      let size = tree.byteCount(of: LeafID(Int32(truncatingIfNeeded: leaf)))
      return (begin: begins[leaf], end: begins[leaf] + size, leaf: leaf)
    }
    rows.sort { a, b in a.begin == b.begin ? a.end < b.end : a.begin < b.begin }
    return rows
  }

  private func gap(
    _ leaf: Int, after previous: Int?, end: Int, in part: SafetensorsPart, _ tree: Tree
  ) -> CheckpointError {
    let isHole = begins[leaf] > end
    func name(_ number: Int) -> [UInt8] {
      tree.path(of: LeafID(Int32(truncatingIfNeeded: number))).flatName.bytes
    }
    let before = previous.map { "“\(visibleText(name($0)))” ends" } ?? "the data begins"
    return CheckpointError(
      isHole ? .hole : .overlap, file: part.region.file.path,
      offset: part.region.range.lowerBound + end, place: name(leaf),
      found: "data_offsets that begin at \(begins[leaf] - part.dataStart)",
      expected: "\(end - part.dataStart), where \(before)")
  }

  private func wrongLength(_ end: Int, _ part: SafetensorsPart) -> CheckpointError {
    let size = part.region.count
    return CheckpointError(
      end > size ? .truncated : .trailingBytes, file: part.region.file.path,
      offset: part.region.range.lowerBound + min(end, size),
      found: "a file of \(size) bytes", expected: "\(end) bytes, as its header says")
  }
}
