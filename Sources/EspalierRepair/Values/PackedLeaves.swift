import EspalierDiagnosis
import EspalierTree

/// The packed weights of a tree, each as a node that unpacks it.
struct PackedLeaves {
  /// By the leaf that stays, which is the first of a weight's parts.
  private(set) var found: [LeafID: Found] = [:]
  /// Nodes that the unpacked tree does not have.
  private(set) var leftOut: Set<NodeID> = []
  /// Other names for nodes that stay.
  private(set) var names: [NodeID: Name] = [:]
  /// Other nodes for leaves that stay.
  private(set) var places: [LeafID: NodeID] = [:]
  private let tree: Tree

  struct Found {
    var kind: String
    var node: ValueNode
    var memory: ValueNode?
  }

  /// - Throws: ``RepairError`` that names every weight that cannot be unpacked.
  init(_ side: RepairSide, _ selection: DequantisedSource.Selection) throws(RepairError) {
    tree = side.tree
    let range = side.root.index..<tree.end(of: side.root)
    for leaf in side.arrayLeaves where range.contains(tree.node(of: leaf).index) {
      addBlocks(leaf, side, selection)
    }
    if case .everything = selection { try addJoined(side, range) }
  }

  private mutating func addBlocks(
    _ leaf: LeafID, _ side: RepairSide, _ selection: DequantisedSource.Selection
  ) {
    let dtype = tree.dtype(of: leaf)
    if case .blocks(let types) = selection, !types.contains(dtype) { return }
    guard BlockDecoding.decoder(of: dtype) != nil else { return }
    let input = Compiler.input(leaf, of: tree, reverses: side.reversesShapes)
    guard let memory = try? Dequantisation.blocks(input) else { return }
    let isTurned = side.reversesShapes && memory.shape.count > 1
    guard let node = isTurned ? try? memory.reversed() : memory else { return }
    found[leaf] = Found(kind: "GGUF \(dtype)", node: node, memory: isTurned ? memory : nil)
  }

  private mutating func addJoined(_ side: RepairSide, _ range: Range<Int>) throws(RepairError) {
    let (inventory, leaves) = (side.inventory, side.arrayLeaves)
    let context = ReadContext(
      source: side.values, destination: side.values, reversesDestination: false,
      blockBytes: 1 << 20)
    let tree = tree
    let steps = ComputedSteps(
      source: inventory,
      leaf: { Compiler.input(leaves[$0], of: tree, reverses: side.reversesShapes) },
      bytes: context.bytes)
    var refused: [(name: String, error: StepError)] = []
    for weight in inventory.packedWeights {
      let parts = weight.parts.map { leaves[$0] }
      guard let first = parts.first, range.contains(tree.node(of: first).index) else { continue }
      do throws(StepError) {
        if let refusal = weight.refusal {
          throw StepError(
            .unsupported, found: "weights packed by \(weight.kind)",
            expected: "weights that can be unpacked (\(refusal))")
        }
        let all = weight.parts.map { Part(tensor: inventory.tensors[$0], node: steps.leaf($0)) }
        try ComputedSteps.checkSizes(all.map(\.node))
        var node = try Dequantisation.node(
          PackedParts(all: all, steps: steps, target: nil, isLast: false))
        if weight.steps.contains(.transpose) { node = try node.transposed() }
        found[first] = Found(kind: weight.kind, node: node, memory: nil)
        take(
          weight, parts,
          isModule: weight.path.count < inventory.tensors[weight.parts[0]].components.count)
      } catch {
        refused.append(
          (visibleText(inventory.tensors[weight.parts[0]].name), error)
        )
      }
    }
    if let first = refused.first {
      throw RepairError(
        .unsupported, tensor: refused.map(\.name).joined(separator: ", "),
        found: first.error.found, expected: first.error.expected)
    }
  }

  /// The first part becomes the weight; the others go, with branches that hold nothing else.
  private mutating func take(_ weight: PackedWeight, _ parts: [LeafID], isModule: Bool) {
    guard let first = parts.first, let name = weight.path.last else { return }
    let node = tree.node(of: first)
    if isModule, let module = tree.parent(of: node), tree.leaf(at: module) == nil {
      places[first] = module
      leftOut.insert(node)
      for part in parts.dropFirst() { leftOut.insert(tree.node(of: part)) }
      return
    }
    names[node] = Name(name)
    for part in parts.dropFirst() { leaveOut(tree.node(of: part)) }
  }

  private mutating func leaveOut(_ leaf: NodeID) {
    var node = leaf
    leftOut.insert(node)
    while let parent = tree.parent(of: node), tree.leaf(at: parent) == nil,
      tree.children(of: parent).allSatisfy({ leftOut.contains($0) })
    {
      leftOut.insert(parent)
      node = parent
    }
  }
}
