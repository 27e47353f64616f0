/// Everything the search found, before it is put into words.
struct Findings {
  let names: NameTable
  let destination: Inventory
  let source: Inventory
  /// Paths of the destination's tensors, in components.
  let destinationPaths: [[Int]]
  let sourcePaths: [[Int]]
  var reading: SourceReading
  var matcher: Matcher
  /// Prefixes of destination names that source names lack.
  var missingPrefixes: [[Int]]
  var destinationStacks: [(directory: [Int], count: Int)] = []
  var sourceStacks: [(directory: [Int], count: Int)] = []
  var depthPairs: [DepthPair] = []
  /// Pairs with one name (or one place) and two sizes, by destination slot.
  var resized: [Resized] = []
  /// Destination tensors that took their value from the tensor they are tied to.
  var tiedFilled: [Int] = []
  var tiedConflicts: [(Int, Int)] = []
  var foldedNorms = 0
  /// Steps that conventions demand where shapes cannot tell, by destination slot.
  var reorderings: [Int: Reordering] = [:]
  var unrelated = false
  var links: [Link] = []
  /// What values said where shapes are silent, by destination tensor.
  var valueVerdicts: [Int: ValueVerdict] = [:]
}

/// One pair of tensors that differ in size.
struct Resized {
  enum Kind { case head, vocabulary, position, width }
  var destination: Int
  var source: Int
  var kind: Kind
  /// Lengths of the axis that differs.
  var from: Int
  var to: Int
}

/// A change of order that leaves shapes alone.
struct Reordering {
  enum Kind { case rope, gates, flatten, interleaved }
  var kind: Kind
  var steps: [Step]
  var isAssumption: Bool
}
