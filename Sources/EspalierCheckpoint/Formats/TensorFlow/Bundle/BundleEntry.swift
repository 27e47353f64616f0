import EspalierTree

/// What the index says of one array: its type and shape, and where its values are
/// (`BundleEntryProto`).
struct BundleEntry: Sendable {
  let key: [UInt8]
  /// Of the record in the index; nil in packed blocks.
  let origin: ByteOrigin
  private(set) var type = TensorFlowType(code: 0)
  private(set) var shape: [Int] = []
  private(set) var shard = 0
  private(set) var offset = 0
  private(set) var size = 0
  private(set) var checksum: UInt32?
  /// Where the array is partitioned: its parts, which have entries of their own.
  private(set) var slices: [TensorSlice] = []

  init(key: [UInt8], _ bytes: [UInt8], _ origin: ByteOrigin) throws(CheckpointError) {
    self.key = key
    self.origin = origin
    var message = ProtobufReader(bytes, origin: origin)
    while let field = try message.next() {
      switch field.number {
      case 1: type = TensorFlowType(code: try message.number(field, "element type"))
      case 2: shape = try message.tensorShape(field)
      case 3: shard = try message.count(field, "number of the data file")
      case 4: offset = try message.count(field, "offset")
      case 5: size = try message.count(field, "size")
      case 6:
        guard case .fixed32(let sum) = field.value else {
          throw error(.malformed, found: "a checksum of another size", expected: "4 bytes")
        }
        checksum = sum
      case 7: slices.append(try message.tensorSlice(field))
      default: break
      }
    }
  }

  /// Elements, where the shape and the stored size agree.
  func checkedCount() throws(CheckpointError) -> Int {
    guard let count = Shape(shape).elementCount,
      let bytes = (type.dtype ?? .u8).byteCount(elements: count)
    else {
      throw error(
        .badValue, found: "the shape \(Shape(shape))", expected: "a size that fits in 64 bits")
    }
    guard !slices.isEmpty || type == .string || type.dtype == nil || bytes == size else {
      throw error(
        .badValue, found: byteCount(size),
        expected: "\(byteCount(bytes)) for \(type.name) \(Shape(shape))")
    }
    return count
  }

  func error(
    _ code: CheckpointError.Code, found: String, expected: String, advice: String? = nil
  ) -> CheckpointError {
    CheckpointError(
      code, file: origin.file, offset: origin.offset, place: key, found: found,
      expected: expected, advice: advice)
  }
}
