import EspalierCheckpoint
import EspalierDiagnosis
import EspalierRepair
import EspalierTree

extension Checkpoint {
  /// The file with plain numbers in the place of packed weights; see ``DequantisedSource``.
  ///
  /// - Parameters:
  ///   - dtype: of the unpacked arrays: a floating-point type.
  ///   - root: below which weights are unpacked; ``root`` without it.
  /// - Throws: ``CheckpointError`` that names every weight that cannot be unpacked. Nothing is read
  ///   but the few numbers that say how others are packed.
  public func dequantised(
    _ selection: DequantisedSource.Selection, as dtype: DType = .f32, below root: NodeID? = nil
  ) throws -> DequantisedSource {
    var side = repairSide()
    side.root = root ?? self.root
    do {
      return try DequantisedSource(side, selection, as: dtype)
    } catch let error as RepairError {
      throw CheckpointError(
        .unsupported, file: path, place: error.tensor.map { Array($0.utf8) }, found: error.found,
        expected: error.expected, advice: "convert without unpacking, or take a part without them")
    }
  }

  /// What is packed into several arrays each and can be unpacked, by its kind, with how many weights
  /// are.
  ///
  /// - Parameter root: below which weights are looked for.
  public func packedWeights(below root: NodeID) -> [(kind: String, count: Int)] {
    let side = repairSide()
    let range = root.index..<tree.end(of: root)
    let leaves = Inventory.arrayLeaves(of: tree, below: .root)
    let inside = side.inventory.packedWeights.filter { weight in
      weight.refusal == nil
        && weight.parts.first.map { range.contains(tree.node(of: leaves[$0]).index) } ?? false
    }
    return Dictionary(grouping: inside, by: \.kind).map { ($0.key, $0.value.count) }
      .sorted { $0.0 < $1.0 }
  }
}
