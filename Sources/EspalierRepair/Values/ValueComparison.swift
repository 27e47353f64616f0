import EspalierDiagnosis
import EspalierLoad
import EspalierTree

/// Values of two sides, compared through the operation of a link.
public struct ValueComparison: ValueAgreement {
  private let inventory: (source: Inventory, destination: Inventory)
  private let leaves: (source: [LeafID], destination: [LeafID])
  private let compiler: Compiler
  private let context: ReadContext
  private let reversesDestination: Bool

  /// Compares the arrays that the filters of both sides let take part. Nothing is read yet.
  ///
  /// - Parameter inventory: those of the sides, where they have been made already.
  public init(
    source: RepairSide, destination: RepairSide,
    inventory: (source: Inventory, destination: Inventory)? = nil
  ) {
    self.inventory = inventory ?? (source.inventory, destination.inventory)
    leaves = (source.arrayLeaves, destination.arrayLeaves)
    reversesDestination = destination.reversesShapes
    let (tree, leaves, reverses) = (source.tree, self.leaves.source, source.reversesShapes)
    compiler = Compiler(
      source: self.inventory.source, sourceLeaves: leaves, sourceTree: tree,
      reversesSource: reverses, destinationTree: destination.tree,
      computed: ComputedSteps(source: self.inventory.source) { s in
        Compiler.input(leaves[s], of: tree, reverses: reverses)
      })
    context = ReadContext(
      source: source.values, destination: destination.values,
      reversesDestination: destination.reversesShapes, blockBytes: 64 << 20)
  }

  public func agreement(of link: Link, limit: Int) -> Double? {
    let tensor = inventory.destination.tensors[link.destination]
    let leaf = leaves.destination[link.destination]
    guard tensor.elements <= limit, context.destination.hasValues(leaf),
      var node = try? compiler.node(link, target: tensor.shape, destination: leaf),
      node.byteCount <= limit * 8, context.hasValues(node)
    else { return nil }
    if reversesDestination {
      guard let turned = try? node.reversed() else { return nil }
      node = turned
    }
    guard
      let ours = try? numbers(
        context.destination.reader(for: leaf), context.destination.tree.dtype(of: leaf),
        tensor.elements),
      let theirs = try? numbers(context.open(node), node.dtype, tensor.elements)
    else { return nil }
    return cosine(ours, theirs)
  }

  /// All elements as 32-bit floating point numbers.
  private func numbers(
    _ reader: any TensorReader, _ type: DType, _ elements: Int
  ) throws -> [Float]? {
    guard Conversion.exists(from: type, to: .f32) else { return nil }
    var reader: any TensorReader = reader
    if type != .f32 {
      reader = ConvertingReader(reader, from: type, to: .f32, elements: elements)
    }
    var result = [Float](repeating: 0, count: elements)
    let done = try result.withUnsafeMutableBytes { try reader.fill($0) }
    return done == elements * 4 ? result : nil
  }

  /// Nil where a side is zero or not finite.
  private func cosine(_ a: [Float], _ b: [Float]) -> Double? {
    var (dot, one, two) = (0.0, 0.0, 0.0)
    for at in a.indices {
      let (x, y) = (Double(a[at]), Double(b[at]))
      dot += x * y
      one += x * x
      two += y * y
    }
    let length = (one * two).squareRoot()
    return length > 0 && length.isFinite && dot.isFinite ? dot / length : nil
  }
}
