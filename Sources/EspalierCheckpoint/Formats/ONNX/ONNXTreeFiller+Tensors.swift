import EspalierTree

extension ONNXTreeFiller {
  /// - Parameter name: nil for initializers, whose own name counts.
  mutating func add(
    _ range: Range<Int>, named name: [UInt8]?, under parent: ONNXBranches.ID
  ) throws {
    let tensor = try ONNXTensor(range, &reader)
    let above = try branches.node(parent, &builder)
    let node =
      if let name {
        try builder.node(Name(name), under: above)
      } else {
        try builder.flatNode(Name(tensor.name), under: above)
      }
    try set(tensor, at: node)
  }

  /// Values and their indices, below the name.
  mutating func addSparse(
    _ range: Range<Int>, named name: [UInt8]?, under parent: ONNXBranches.ID
  ) throws {
    var parts: [(name: Name, range: Range<Int>)] = []
    var dimensions: [Int64] = []
    try reader.visit(range, "sparse tensor")
    while let field = try reader.next() {
      switch field.number {
      case 1: parts.append(("values", try reader.range(field, "values")))
      case 2: parts.append(("indices", try reader.range(field, "indices")))
      case 3:
        try reader.append(field, "dims", to: &dimensions, limit: ONNXTensor.highestRank)
      default: break
      }
    }
    let tensors = try parts.map { try ONNXTensor($0.range, &reader) }
    let own = zip(parts, tensors).first { $0.0.name == "values" }?.1.name
    let above = try branches.node(parent, &builder)
    let node =
      if let name {
        try builder.node(Name(name), under: above)
      } else {
        try builder.flatNode(Name(own ?? []), under: above)
      }
    let shape = dimensions.map { String($0) }.joined(separator: ", ")
    builder.setLabel(Array("sparse tensor [\(shape)]".utf8), of: node)
    for (part, tensor) in zip(parts, tensors) {
      try set(tensor, at: try builder.node(part.name, under: node))
    }
  }

  private mutating func set(_ tensor: ONNXTensor, at node: TreeBuilder.Handle) throws {
    guard let dtype = tensor.dtype else {
      try builder.setLeaf(.value(.opaque(type: Array(tensor.kind.utf8))), at: node)
      places.append(.none)
      return
    }
    let place = try tensor.place(in: region, reader, &external)
    var array = ArrayDescription(dtype, tensor.shape)
    // Tensors that name the same bytes of another file are one.
    if case .plain(let part) = place, part.file !== region.file, part.count > 0 {
      array.storage = external.storage(of: part, leaf: places.count)
    }
    try builder.setArray(array, at: node)
    places.append(place)
  }
}
