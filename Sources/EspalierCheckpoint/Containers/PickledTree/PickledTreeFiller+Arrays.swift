import EspalierTree

extension PickledTreeFiller {
  mutating func set(
    _ tensor: TorchTensor, at node: TreeBuilder.Handle, _ container: any PickleContainer
  ) throws {
    let shape = Shape(tensor.shape)
    var array = ArrayDescription(
      tensor.dtype, shape,
      layout: .strided(offset: tensor.offset, strides: meaningful(tensor.strides, shape)),
      trainability: tensor.trainability)
    guard let footprint = array.layout.footprint(of: array.shape), array.byteCount != nil else {
      throw error(
        node, container, "shape \(array.shape), strides \(tensor.strides), offset \(tensor.offset)",
        "ones that fit each other and 64 bits")
    }
    // Numbers that 64 bits do not hold are beyond any storage.
    let needed = footprint.upperBound.multipliedReportingOverflow(by: tensor.dtype.bytesPerBlock)
    let place = try place(
      of: tensor, array, footprint.isEmpty ? 0 : needed.overflow ? .max : needed.partialValue,
      node, container)
    if let storage = tensor.storage, tensor.absence == nil {
      array.storage = storageID(storage.key)
    }
    try set(simplified(array), place, at: node)
  }

  /// The stride of an axis with one index means nothing and may be any number: it is replaced.
  private func meaningful(_ strides: [Int], _ shape: Shape) -> [Int] {
    guard strides.count == shape.rank, shape.elementCount != nil else { return strides }
    let usual = shape.contiguousStrides(.row)
    return strides.indices.map { shape.dimensions[$0] == 1 ? usual[$0] : strides[$0] }
  }

  /// A tensor that fills its storage in row order needs no explicit layout.
  private func simplified(_ array: ArrayDescription) -> ArrayDescription {
    var array = array
    let isEmpty = array.elementCount == 0
    if isEmpty || array.layout.offset() == 0 && array.contiguousRange != nil {
      array.layout = .row
    }
    return array
  }

  private func place(
    of tensor: TorchTensor, _ array: ArrayDescription, _ needed: Int,
    _ node: TreeBuilder.Handle, _ container: any PickleContainer
  ) throws -> PickledPlace {
    guard let storage = tensor.storage else {
      return .nowhere(tensor.absence ?? "PyTorch saved its shape only")
    }
    guard let bytes = try container.bytes(ofStorage: storage.key) else {
      if needed == 0 { return .bytes(.memory([]), isBigEndian: false) }
      throw error(node, container, "no storage “\(visibleText(storage.key))”", "its values")
    }
    guard needed <= bytes.count else {
      throw error(
        node, container, "a storage of \(byteCount(bytes.count))",
        "enough for the shape \(array.shape) with strides \(tensor.strides) at \(tensor.offset)")
    }
    if let absence = tensor.absence { return .nowhere(absence) }
    return .bytes(bytes, isBigEndian: container.isBigEndian)
  }

  mutating func set(
    _ numpy: NumpyArray, at node: TreeBuilder.Handle, _ container: any PickleContainer
  ) throws {
    let array = ArrayDescription(
      numpy.dtype, Shape(numpy.shape), layout: .contiguous(numpy.isFortran ? .column : .row))
    guard array.byteCount == numpy.bytes.count else {
      throw error(
        node, container, "\(numpy.bytes.count) bytes",
        "as many as \(numpy.dtype) \(array.shape) has")
    }
    let bytes: PickledPlace.Bytes =
      switch numpy.bytes {
      case .inFile(let range): .region(try container.region(range))
      case .inMemory(let bytes): .memory(bytes)
      }
    try set(array, .bytes(bytes, isBigEndian: numpy.isBigEndian), at: node)
  }

  private func error(
    _ node: TreeBuilder.Handle, _ container: any PickleContainer, _ found: String,
    _ expected: String
  ) -> CheckpointError {
    CheckpointError(
      .badValue, file: container.file, place: builder.path(of: node).flatName.bytes,
      found: found, expected: expected)
  }
}
