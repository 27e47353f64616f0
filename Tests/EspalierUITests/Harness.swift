import EspalierDiagnosis
import EspalierLoad
import EspalierRepair
import EspalierTree
import Testing

@testable import EspalierUI

/// A driver for tests: runs what needs no files at once, and keeps the other effects for the test.
struct Harness {
  var state: AppState
  /// Effects that were not run.
  var effects: [Effect] = []
  /// Whether searches, filters and plans are answered at once.
  var answers = true

  init(_ state: AppState) { self.state = state }

  /// Two trees side by side.
  init(
    _ destination: Tree, _ source: Tree?, width: Int = 120, height: Int = 32,
    selection: PathSelection = PathSelection(),
    options: (inout ViewOptions) -> Void = { $0.colors = .none }
  ) {
    state = AppState(
      destination: "model.safetensors", source: source == nil ? nil : "trained.pt", width: width,
      height: height)
    options(&state.options)
    state.selection = selection
    send(.opened(.destination, Self.file("model.safetensors", "safetensors", destination)))
    if let source { send(.opened(.source, Self.file("trained.pt", "pytorch", source))) }
  }

  static func file(_ path: String, _ format: String, _ tree: Tree) -> OpenFile {
    OpenFile(path: path, format: format, byteCount: 1 << 20, tree: tree)
  }

  mutating func send(_ action: Action) {
    var pending = reduce(into: &state, action)
    while !pending.isEmpty {
      let effect = pending.removeFirst()
      guard answers, let answer = Self.answer(effect) else {
        if case .diagnose = effect {} else { effects.append(effect) }
        continue
      }
      pending += reduce(into: &state, answer)
    }
  }

  static func answer(_ effect: Effect) -> Action? {
    switch effect {
    case .plan(let request):
      let pairing = request.pairing()
      var options = LoadOptions()
      options.nothingKeeps = request.options.nothingKeeps
      options.ignoreInactive = request.options.ignoreInactive
      let plan = request.source == nil ? nil : try? LoadPlan(pairing.planned, options: options)
      return .planned(request.number, Comparison(pairing, plan: plan))
    case .repair(let request): return repair(request)
    case .find(let request): return .found(request.run())
    default: return nil
    }
  }

  static func repair(_ request: RepairRequest) -> Action {
    let sides = [request.destination, request.source].map { file in
      var side = RepairSide(tree: file.tree, root: file.rootNode)
      side.nameRoot = file.nameRoot
      return side
    }
    let rules = RuleComposition(
      request, destination: sides[0].inventory, source: sides[1].inventory
    ).rules()
    do throws(RepairError) {
      let repaired = try RepairedSource(sides[1], rules: rules, destination: sides[0])
      var file = request.source
      file.tree = repaired.tree
      file.rootNode = repaired.root
      file.repair = Repair(
        number: request.number, rules: rules, original: request.source, tree: repaired.tree,
        root: repaired.root,
        origins: repaired.tree.leafIDs.map { leaf in
          repaired.origin(of: leaf).map {
            Repair.LeafOrigin(sources: $0.sources, operation: $0.operation, rule: $0.rule)
          }
        }, dropped: repaired.previews.filter { $0.rule.drops }.reduce(0) { $0 + $1.count })
      return .repaired(request.number, file)
    } catch {
      return .repairFailed(request.number, sentence: error.sentence)
    }
  }

  /// Finds the causes for the pair, as the driver does.
  mutating func diagnose() {
    guard let left = state.destination.file, let right = state.source.file else { return }
    let report = Engine().diagnose(
      destination: Inventory(left.tree, at: left.nameRoot),
      source: Inventory(right.tree, at: right.nameRoot))
    let entries = report.diagnoses.map { diagnosis in
      WhyEntry(
        sentence: diagnosis.sentence, harm: .blocks,
        remedy: diagnosis.remedy.map(\.description).joined(separator: "; "),
        isAssumption: diagnosis.isAssumption,
        action: diagnosis.remedy.isEmpty
          ? .none : .remedy(WhyEntry.Remedy(rules: diagnosis.remedy)))
    }
    send(.diagnosed(pair: state.pair, entries, rules: report.rules))
  }

  /// Presses keys as a person writes them: `j 3 j ] c Enter`.
  mutating func press(_ script: String) {
    for key in Key.sequence(script) ?? [] { send(.input(.key(key))) }
  }

  /// Types a text, letter by letter.
  mutating func type(_ text: String) {
    for scalar in text.unicodeScalars { send(.input(.key(.character(scalar)))) }
  }

  mutating func takeEffects() -> [Effect] {
    defer { effects = [] }
    return effects
  }

  var screen: String { render(state).text }
  var browse: Browse { state.browse! }
  var cursorPath: String {
    browse.current.map { browse.comparison.alignment.path($0).description } ?? "none"
  }
  var visiblePaths: [String] {
    var paths: [String] = []
    browse.visible.bits.forEach(in: 0..<browse.visible.universe) { row in
      paths.append(browse.comparison.alignment.path(row).description)
      return row + 1
    }
    return paths
  }
}

/// A tree from `name dtype shape` lines; `name = false` and the like for other leaves; `name ^ other`
/// ties an array to an earlier one.
func tree(_ lines: String, order: TreeBuilder.ChildOrder = .asGiven) throws -> Tree {
  var builder = TreeBuilder(order: order)
  var arrays: [String: ArrayDescription] = [:]
  for (index, line) in lines.split(separator: "\n").enumerated() {
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    guard words.count == 3 else { continue }
    var node = TreeBuilder.Handle.root
    for (depth, part) in words[0].split(separator: ".").enumerated() {
      node = try builder.node(Name(String(part)), under: node, joint: depth == 0 ? .level : .dot)
    }
    if words[1] == "=" {
      let values: [String: LeafValue] = [
        "false": .bool(false), "true": .bool(true), "nothing": .nothing,
      ]
      let value = values[words[2]] ?? .opaque(type: Array(words[2].utf8))
      try builder.setLeaf(.value(value), at: node)
    } else if words[1] == "^" {
      let array = try #require(arrays[words[2]])
      try builder.setLeaf(.array(array), at: node)
    } else {
      let shape = words[2].split { "[], ".contains($0) }.compactMap { Int($0) }
      let array = ArrayDescription(
        try #require(DType(name: words[1])), Shape(shape), storage: StorageID(Int32(index)))
      arrays[words[0]] = array
      try builder.setLeaf(.array(array), at: node)
    }
  }
  return builder.finish()
}

/// A small pair with one of each kind of trouble.
func troubledPair() throws -> (destination: Tree, source: Tree) {
  let destination = try tree(
    """
    embed.weight F32 [1000, 64]
    encoder.0.attn.qkv.weight F32 [192, 64]
    encoder.0.attn.qkv.bias F32 [192]
    encoder.0.attn.proj.weight F32 [64, 64]
    encoder.0.attn.proj.bias = false
    encoder.0.mlp.up.weight F32 [256, 64]
    encoder.0.mlp.down.weight F32 [64, 256]
    encoder.0.norm.weight F32 [64]
    encoder.1.attn.qkv.weight F32 [192, 64]
    encoder.1.attn.qkv.bias F32 [192]
    encoder.1.attn.proj.weight F32 [64, 64]
    encoder.1.attn.proj.bias = false
    encoder.1.mlp.up.weight F32 [256, 64]
    encoder.1.mlp.down.weight F32 [64, 256]
    encoder.1.norm.weight F32 [64]
    encoder.1.act = relu
    head.weight ^ embed.weight
    head.bias F32 [1000]
    """)
  let source = try tree(
    """
    embed.weight F32 [1000, 64]
    encoder.0.attn.qkv.weight F32 [192, 64]
    encoder.0.attn.qkv.bias F32 [192]
    encoder.0.attn.proj.weight F32 [64, 64]
    encoder.0.attn.proj.bias F32 [64]
    encoder.0.mlp.up.weight F32 [512, 64]
    encoder.0.mlp.down.weight F32 [64, 512]
    encoder.0.norm.weight F16 [64]
    encoder.1.attn.qkv.weight F32 [192, 64]
    encoder.1.attn.qkv.bias = false
    encoder.1.attn.proj.weight F32 [64, 64]
    encoder.1.mlp.up.weight F32 [512, 64]
    encoder.1.mlp.down.weight F32 [64, 512]
    encoder.1.norm.weight F32 [64]
    encoder.1.norm.bias F32 [64]
    encoder.1.act = relu
    head.weight ^ embed.weight
    """)
  return (destination, source)
}
