/// How many elements a dataset or an attribute has, and in which shape.
struct HDF5Dataspace: Sendable, Hashable {
  /// Empty for a single element.
  var dimensions: [Int] = []
  /// Nil for an axis that can grow without limit.
  var maximum: [Int?] = []
  /// A dataset without elements, not even an empty shape.
  var isNull = false

  static let rankLimit = 32

  init(_ cursor: inout HDF5Cursor) throws(CheckpointError) {
    let version = try cursor.expectVersion(1...2, "dataspace")
    let rank = Int(try cursor.u8("dataspace rank"))
    let flags = try cursor.u8("dataspace flags")
    if version == 1 {
      try cursor.skip(5, "dataspace")
    } else {
      isNull = try cursor.u8("dataspace") == 2
    }
    guard rank <= Self.rankLimit else {
      throw cursor.error(
        .limitExceeded, "dataspace rank", found: "\(rank)", expected: "at most \(Self.rankLimit)")
    }
    for _ in 0..<rank { dimensions.append(try cursor.length("dimension")) }
    maximum = dimensions
    if flags & 1 != 0 {
      maximum = []
      let width = cursor.sizes.length
      let unlimited = width == 8 ? UInt64.max : (1 << UInt64(8 * width)) - 1
      for _ in 0..<rank {
        let limit = try cursor.unsigned(width, "dimension")
        maximum.append(limit == unlimited ? nil : Int(exactly: limit))
      }
    }
  }

  /// Nil where the product overflows.
  var elementCount: Int? {
    if isNull || dimensions.contains(0) { return 0 }
    return product(dimensions)
  }
}

/// Nil where it overflows.
func product(_ factors: some Sequence<Int>) -> Int? {
  var result = 1
  for factor in factors {
    let (next, overflow) = result.multipliedReportingOverflow(by: factor)
    if overflow { return nil }
    result = next
  }
  return result
}
