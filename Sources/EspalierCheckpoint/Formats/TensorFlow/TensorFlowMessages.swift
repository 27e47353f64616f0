import EspalierTree

/// Messages that both versions of checkpoints share.
extension ProtobufReader {
  /// `TensorShapeProto`, the field that came last.
  mutating func tensorShape(_ field: ProtobufField) throws(CheckpointError) -> [Int] {
    var shape: [Int] = []
    try enter(field, "shape")
    while let field = try next() {
      switch field.number {
      case 2:
        guard shape.count < TensorFlowLimits.rank else {
          throw error(
            .limitExceeded, at: field.offset, "shape", found: "more dimensions",
            "at most \(TensorFlowLimits.rank)")
        }
        shape.append(0)
        try enter(field, "dimension")
        while let field = try next() {
          if field.number == 1 { shape[shape.count - 1] = try count(field, "dimension") }
        }
      case 3 where try number(field, "rank") != 0:
        throw error(
          .badValue, at: field.offset, "shape", found: "an array of unknown rank", "its dimensions")
      default: break
      }
    }
    return shape
  }

  /// `TensorSliceProto`, the field that came last.
  mutating func tensorSlice(_ field: ProtobufField) throws(CheckpointError) -> TensorSlice {
    var slice = TensorSlice()
    try enter(field, "slice")
    while let field = try next() {
      guard field.number == 1 else { continue }
      guard slice.extents.count < TensorFlowLimits.rank else {
        throw error(
          .limitExceeded, at: field.offset, "slice", found: "more dimensions",
          "at most \(TensorFlowLimits.rank)")
      }
      var extent = TensorSlice.Extent()
      try enter(field, "extent")
      while let field = try next() {
        switch field.number {
        case 1: extent.start = try count(field, "start of a slice")
        case 2: extent.length = try count(field, "length of a slice")
        default: break
        }
      }
      slice.extents.append(extent)
    }
    return slice
  }
}

/// A part of an array: along each axis a range, or everything.
struct TensorSlice: Sendable, Hashable {
  struct Extent: Sendable, Hashable {
    var start = 0
    /// Nil for the whole axis.
    var length: Int?
  }

  var extents: [Extent] = []

  /// The box in an array of a shape; nil where it does not lie inside. No extents at all are all of
  /// a scalar.
  func box(in shape: [Int]) -> ArrayBox? {
    guard extents.count == shape.count else { return nil }
    var box = ArrayBox(start: [], extent: [])
    for (extent, size) in zip(extents, shape) {
      let length = extent.length ?? size
      guard extent.length != nil || extent.start == 0, extent.start <= size,
        length <= size - extent.start
      else { return nil }
      box.start.append(extent.start)
      box.extent.append(length)
    }
    return box
  }

  /// The key under which the part's values stand in the table, in an encoding that keeps keys in
  /// order as bytes.
  func key(of name: [UInt8]) -> [UInt8] {
    var key = OrderedCode()
    key.unsigned(0)
    key.text(name)
    key.unsigned(UInt64(extents.count))
    for extent in extents {
      key.signed(Int64(extent.start))
      key.signed(Int64(extent.length ?? -1))
    }
    return key.bytes
  }
}

extension ArrayBox {
  /// The box lies in an array whose element count fits, so its own does.
  var elementCount: Int { extent.reduce(1) { $0 &* $1 } }

  func isAll(of shape: [Int]) -> Bool { extent == shape }
}
