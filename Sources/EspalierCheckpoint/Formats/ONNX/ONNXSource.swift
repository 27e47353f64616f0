import EspalierTree

/// Where the values of a tensor lie.
enum ONNXPlace: Sendable {
  /// It is not shown as an array.
  case none
  /// As they lie in memory, in the model or in another file.
  case plain(ByteRegion)
  case numbers(ONNXNumbers)
}

/// The tensors of an ONNX model.
struct ONNXSource: TensorSource {
  let tree: Tree
  /// By leaf number.
  let places: ContiguousArray<ONNXPlace>

  func reader(for leaf: LeafID) throws -> any TensorReader {
    guard leaf.index < places.count else {
      throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
    switch places[leaf.index] {
    case .plain(let region): return FileRangeReader(region)
    case .numbers(let numbers): return try numbers.reader()
    case .none: throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
  }
}
