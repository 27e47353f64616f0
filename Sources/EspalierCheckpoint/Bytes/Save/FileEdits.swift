import EspalierTree

/// Parts of a file that are to be other bytes in its copy, none overlapping.
struct FileEdits {
  enum Content {
    /// The values of an array, little-endian and in C order.
    case values(LeafID)
    /// Bytes of the same number that are made when they are written.
    case written((_ output: AtomicFile, _ meter: SaveMeter) throws -> Void)
  }

  private(set) var all: [(range: Range<Int>, content: Content)] = []

  /// `sort` is to be called before anything is asked.
  mutating func add(_ range: Range<Int>, _ content: Content) {
    if !range.isEmpty { all.append((range, content)) }
  }

  mutating func sort() { all.sort { $0.range.lowerBound < $1.range.lowerBound } }

  func touch(_ range: Range<Int>) -> Bool {
    let index = firstIndex(endingAfter: range.lowerBound)
    return index < all.count && all[index].range.lowerBound < range.upperBound
  }

  /// A range of the copy: what is copied and what is made, in order. No edit reaches over its ends.
  func pieces(of file: InputFile, _ range: Range<Int>) throws -> [SavePlan.Piece] {
    var pieces: [SavePlan.Piece] = []
    var end = range.lowerBound
    var index = firstIndex(endingAfter: range.lowerBound)
    while index < all.count, all[index].range.lowerBound < range.upperBound {
      let (part, content) = all[index]
      guard part.lowerBound >= end, part.upperBound <= range.upperBound else {
        throw CheckpointError(
          .overlap, file: file.path, offset: part.lowerBound,
          found: "an array that begins in one member and ends in another",
          expected: "each array in one", advice: "save as safetensors")
      }
      if part.lowerBound > end { pieces.append(.copy(file, end..<part.lowerBound)) }
      switch content {
      case .values(let leaf): pieces.append(.values(leaf, count: part.count))
      case .written(let write): pieces.append(.written(count: part.count, write))
      }
      end = part.upperBound
      index += 1
    }
    if end < range.upperBound { pieces.append(.copy(file, end..<range.upperBound)) }
    return pieces
  }

  /// By halving: files have as many edits as tensors.
  private func firstIndex(endingAfter offset: Int) -> Int {
    var low = 0
    var high = all.count
    while low < high {
      let middle = (low + high) / 2
      if all[middle].range.upperBound > offset { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
