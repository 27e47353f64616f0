import EspalierTree

/// Reads tables of the first version, in which the values stand themselves: a list of all arrays and
/// their parts, then a record for each part. One checkpoint may be spread over several tables.
struct SliceTableReader {
  private struct Tensor {
    var name: [UInt8]
    var type: TensorFlowType
    var shape: [Int]
    var origin: ByteOrigin
    var parts: [SlicedReader.Part] = []
    /// Parts, where the values cannot be read.
    var boxes: [ArrayBox] = []
  }

  private let tables: [SSTable]
  private var tensors: [Tensor] = []
  private var numbers: [[UInt8]: Int] = [:]
  private var metadata: [MetadataEntry] = []

  init(_ tables: [SSTable]) { self.tables = tables }

  consuming func read() throws -> OpenedContent {
    for table in tables { try read(table) }
    var tree = TensorFlowTree(TensorFlowBeside(names: Set(tensors.map(\.name))))
    for tensor in tensors { try add(tensor, to: &tree) }
    let (source, notes) = tree.finish()
    return OpenedContent(source, metadata: metadata, notes: notes)
  }

  // MARK: The table

  private mutating func read(_ table: SSTable) throws(CheckpointError) {
    var scan = table.scan()
    var places: [[UInt8]: SSTablePlace] = [:]
    var list: (bytes: [UInt8], origin: ByteOrigin)?
    while let (key, place) = try scan.next() {
      if key.isEmpty {
        list = try scan.value(place, limit: TensorFlowLimits.message)
      } else {
        places[key] = place
      }
    }
    guard let list else { return }
    var message = ProtobufReader(list.bytes, origin: list.origin)
    while let field = try message.next() {
      guard field.number == 1 else { continue }
      try message.enter(field, "list of arrays")
      while let field = try message.next() {
        switch field.number {
        case 1: try readTensor(&message, field, table, places)
        case 2: try readVersion(&message, field)
        default: break
        }
      }
    }
  }

  private mutating func readVersion(
    _ message: inout ProtobufReader, _ field: ProtobufField
  ) throws(CheckpointError) {
    try message.enter(field, "version")
    while let field = try message.next() {
      if field.number == 1, metadata.isEmpty {
        metadata.append(
          MetadataEntry("version", .integer(try message.signed(field, "version"))))
      }
    }
  }

  /// `SavedSliceMeta`, and the records of its parts.
  private mutating func readTensor(
    _ message: inout ProtobufReader, _ field: ProtobufField, _ table: SSTable,
    _ places: [[UInt8]: SSTablePlace]
  ) throws(CheckpointError) {
    var tensor = Tensor(
      name: [], type: TensorFlowType(code: 0), shape: [],
      origin: ByteOrigin(
        file: message.origin.file, offset: message.origin.offset.map { $0 + field.offset }))
    var slices: [TensorSlice] = []
    try message.enter(field, "array")
    while let field = try message.next() {
      switch field.number {
      case 1: tensor.name = try message.bytes(field, "name", limit: SSTableEntries.keyLimit)
      case 2: tensor.shape = try message.tensorShape(field)
      case 3: tensor.type = TensorFlowType(code: try message.number(field, "element type"))
      case 4: slices.append(try message.tensorSlice(field))
      default: break
      }
    }
    let number = try number(of: tensor)
    for slice in slices { try add(slice, to: number, table, places) }
  }

  /// The array's own, new where it has not been listed; the same in all tables.
  private mutating func number(of tensor: Tensor) throws(CheckpointError) -> Int {
    guard let known = numbers[tensor.name] else {
      numbers[tensor.name] = tensors.count
      tensors.append(tensor)
      return tensors.count - 1
    }
    guard tensors[known].type == tensor.type, tensors[known].shape == tensor.shape else {
      throw error(
        tensor, .duplicateName, found: "\(tensor.type.name) \(Shape(tensor.shape))",
        "\(tensors[known].type.name) \(Shape(tensors[known].shape)), as before")
    }
    return known
  }

  private mutating func add(
    _ slice: TensorSlice, to number: Int, _ table: SSTable, _ places: [[UInt8]: SSTablePlace]
  ) throws(CheckpointError) {
    let tensor = tensors[number]
    guard let box = slice.box(in: tensor.shape) else {
      throw error(
        tensor, .badValue, found: "a part outside of the array", "parts of \(Shape(tensor.shape))")
    }
    tensors[number].boxes.append(box)
    guard let dtype = tensor.type.dtype, tensor.type != .string else { return }
    guard let place = places[slice.key(of: tensor.name)] else {
      throw error(
        tensor, .hole, found: "no values of its part \(Shape(box.extent)) at \(Shape(box.start))",
        "a record for each part")
    }
    guard Shape(tensor.shape).elementCount != nil else {
      throw error(
        tensor, .badValue, found: "the shape \(Shape(tensor.shape))", "a size that fits in 64 bits")
    }
    let values = try SliceRecord(table, place).values(
      of: tensor.name, dtype, tensor.type, count: box.elementCount)
    tensors[number].parts.append((box, values))
  }

  // MARK: Arrays

  private func add(_ tensor: Tensor, to tree: inout TensorFlowTree) throws {
    guard let count = Shape(tensor.shape).elementCount else {
      throw error(
        tensor, .badValue, found: "the shape \(Shape(tensor.shape))", "a size that fits in 64 bits")
    }
    try ArrayBox.check(tensor.boxes, fill: count) { found, expected in
      var failure = error(tensor, .hole, found: found, expected)
      failure.advice = "open the folder if the checkpoint has several tables"
      return failure
    }
    let content: TensorFlowSource.Content
    if tensor.parts.isEmpty {
      content = .none("texts are listed, not read")
    } else if tensor.parts.count == 1 {
      content = .whole(tensor.parts[0].values)
    } else {
      content = .parts(tensor.parts)
    }
    try tree.add(tensor.name, tensor.type, tensor.shape, content)
  }

  private func error(
    _ tensor: Tensor, _ code: CheckpointError.Code, found: String, _ expected: String
  ) -> CheckpointError {
    CheckpointError(
      code, file: tensor.origin.file, offset: tensor.origin.offset, place: tensor.name,
      found: found, expected: expected)
  }
}
