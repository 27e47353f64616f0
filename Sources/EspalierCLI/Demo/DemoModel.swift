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
    var file = DemoWriter(seed: 2)
    try file.enter("state_dict")
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
    try file.enter(nil)
    try file.value("epoch", .integer(12))
    return file.finish()
  }
}

/// Collects a model's leaves, with values that look trained.
private struct DemoWriter {
  private var model = MemorySource.Builder()
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func enter(_ container: Name?) throws { try model.enter(container) }

  mutating func array(_ name: Name, _ shape: Shape) throws {
    let scale = 1 / Float(max(1, shape.dimensions.dropFirst().reduce(1, *))).squareRoot()
    let values = (0..<(shape.elementCount ?? 0)).map { _ in normal() * scale }
    try model.add(name, .f32, shape, values: values)
  }

  mutating func zeros(_ name: Name, _ shape: Shape) throws {
    try model.add(
      name, .f32, shape, values: [Float](repeating: 0, count: shape.elementCount ?? 0))
  }

  mutating func norm(_ name: String, _ width: Int) throws {
    for part in ["weight", "bias", "running_mean", "running_var"] {
      try array(Name("\(name).\(part)"), [width])
    }
  }

  mutating func tie(_ name: Name, to first: Name) throws { try model.tie(name, to: first) }
  mutating func value(_ name: Name, _ value: LeafValue) throws { try model.add(name, value) }

  consuming func finish() -> MemorySource { model.finish() }

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
