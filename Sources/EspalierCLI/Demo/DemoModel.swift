import Espalier

/// A small model and a checkpoint of its sibling, with one of each kind of trouble.
enum DemoModel {
  /// The model that is loaded into.
  static func destination() throws -> MemorySource {
    var model = DemoWriter(seed: 1)
    try model.array("encoder.conv1.weight", [16, 3, 3, 3])
    try model.value("encoder.conv1.bias", .bool(false))  // the source's is all zero: fits
    try model.array("encoder.conv2.weight", [32, 16, 3, 3])
    try model.value("encoder.conv2.bias", .bool(false))  // the source's is not: would be lost
    try model.norm("encoder.norm", 32)
    try model.array("encoder.pos_embed", [1, 64, 32])  // missing in the source
    try model.array("projector.0.weight", [32, 32])  // the source has a prefix here
    try model.array("projector.0.bias", [32])
    try model.array("tokens.weight", [100, 32])  // a tied pair that fits
    try model.tie("output.weight", to: "tokens.weight")
    try model.array("decoder.query.weight", [32, 32])  // a tied pair that conflicts
    try model.tie("decoder.key.weight", to: "decoder.query.weight")
    try model.array("classifier.weight", [10, 32])  // ten classes, the source has five
    try model.array("classifier.bias", [10])
    try model.value("dropout", .float(0.1))
    return model.finish()
  }

  /// The checkpoint that is loaded from.
  static func source() throws -> MemorySource {
    var file = DemoWriter(seed: 2, container: "state_dict")
    try file.array("encoder.conv1.weight", [16, 3, 3, 3])
    try file.zeros("encoder.conv1.bias", [16])
    try file.array("encoder.conv2.weight", [32, 16, 3, 3])
    try file.array("encoder.conv2.bias", [32])
    try file.norm("encoder.norm", 32)
    try file.array("encoder.queue", [128, 8])  // unexpected
    try file.array("module.projector.0.weight", [32, 32])
    try file.array("module.projector.0.bias", [32])
    try file.array("tokens.weight", [100, 32])
    try file.tie("output.weight", to: "tokens.weight")
    try file.array("decoder.query.weight", [32, 32])
    try file.array("decoder.key.weight", [32, 32])
    try file.array("classifier.weight", [5, 32])
    try file.array("classifier.bias", [5])
    try file.value("dropout", .float(0.0))
    file.leaveContainer()
    try file.value("epoch", .integer(12))
    return file.finish()
  }
}

/// Collects a model's leaves, with values that look trained.
private struct DemoWriter {
  private var tree = TreeBuilder()
  private var values: [[UInt8]?] = []
  private var arrays: [String: (array: ArrayDescription, bytes: [UInt8])] = [:]
  private var state: UInt64
  private var parent = TreeBuilder.Handle.root

  init(seed: UInt64, container: String? = nil) {
    state = seed &* 0x9E37_79B9_7F4A_7C15
    // The only name so far: it cannot fail.
    if let container, let node = try? tree.node(Name(container)) { parent = node }
  }

  mutating func leaveContainer() { parent = .root }

  mutating func array(_ name: String, _ shape: Shape) throws {
    let scale = 1 / Float(max(1, shape.dimensions.dropFirst().reduce(1, *))).squareRoot()
    try add(name, shape, (0..<(shape.elementCount ?? 0)).map { _ in normal() * scale })
  }

  mutating func zeros(_ name: String, _ shape: Shape) throws {
    try add(name, shape, [Float](repeating: 0, count: shape.elementCount ?? 0))
  }

  mutating func norm(_ name: String, _ width: Int) throws {
    for part in ["weight", "bias", "running_mean", "running_var"] {
      try array("\(name).\(part)", [width])
    }
  }

  mutating func tie(_ name: String, to first: String) throws {
    guard let known = arrays[first] else { return }
    try tree.setArray(known.array, at: tree.flatNode(Name(name), under: parent))
    values.append(known.bytes)
  }

  mutating func value(_ name: String, _ value: LeafValue) throws {
    try tree.setLeaf(.value(value), at: tree.flatNode(Name(name), under: parent))
    values.append(nil)
  }

  consuming func finish() -> MemorySource { MemorySource(tree: tree.finish(), values: values) }

  private mutating func add(_ name: String, _ shape: Shape, _ numbers: [Float]) throws {
    let storage = StorageID(Int32(truncatingIfNeeded: values.count))
    let array = ArrayDescription(.f32, shape, storage: storage)
    let bytes = numbers.withUnsafeBytes { Array($0) }
    try tree.setArray(array, at: tree.flatNode(Name(name), under: parent))
    values.append(bytes)
    arrays[name] = (array, bytes)
  }

  /// Roughly normal: the sum of twelve even numbers less six. The same on every machine.
  private mutating func normal() -> Float {
    var sum: Float = -6
    for _ in 0..<12 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      sum += Float(state >> 40) / Float(1 << 24)
    }
    return sum
  }
}
