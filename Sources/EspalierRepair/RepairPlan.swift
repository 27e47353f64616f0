import EspalierDiagnosis
import EspalierTree

/// Rules checked against both sides: a node for each destination tensor that has a source.
struct RepairPlan {
  let source: RepairSide
  let destination: RepairSide
  let inventory: (source: Inventory, destination: Inventory)
  let leaves: (source: [LeafID], destination: [LeafID])
  let trace: RuleTrace
  let rules: [Rule]
  /// In the order of ``RuleTrace/links``, in the destination's own order of axes.
  private(set) var nodes: [ValueNode] = []
  /// What had to be assumed.
  private(set) var notes: [String] = []

  init(_ source: RepairSide, rules: [Rule], destination: RepairSide) throws(RepairError) {
    self.source = source
    self.destination = destination
    self.rules = rules
    inventory = (source.inventory, destination.inventory)
    leaves = (
      source.arrayLeaves,
      destination.arrayLeaves
    )
    trace = RuleTrace(rules, source: inventory.source, destination: inventory.destination)
    if let problem = trace.problems.first { throw error(problem) }
    try compile()
  }

  private mutating func compile() throws(RepairError) {
    let (tree, leaves, reverses) = (source.tree, self.leaves, source.reversesShapes)
    let context = ReadContext(
      source: source.values, destination: destination.values,
      reversesDestination: destination.reversesShapes, blockBytes: 1 << 20)
    let computed = ComputedSteps(
      source: inventory.source,
      leaf: { Compiler.input(leaves.source[$0], of: tree, reverses: reverses) },
      bytes: context.bytes)
    defer { notes = computed.notes }
    let compiler = Compiler(
      source: inventory.source, sourceLeaves: leaves.source, sourceTree: source.tree,
      reversesSource: source.reversesShapes, destinationTree: destination.tree,
      computed: computed)
    nodes.reserveCapacity(trace.links.count)
    for entry in trace.links {
      let d = entry.link.destination
      do throws(StepError) {
        let node = try compiler.node(
          entry.link, target: inventory.destination.tensors[d].shape,
          destination: leaves.destination[d])
        nodes.append(try finished(node))
      } catch {
        throw RepairError(
          error.reason, rule: entry.rule, ruleText: entry.rule.map { rules[$0].description },
          tensor: visibleText(inventory.destination.tensors[d].name), found: error.found,
          expected: error.expected)
      }
    }
  }

  /// As the destination lists its dimensions; an array that comes back as it was is the array.
  private func finished(_ node: ValueNode) throws(StepError) -> ValueNode {
    var result = node
    if destination.reversesShapes { result = try node.reversed() }
    while case .view(let base, _, _) = result.kind, result.isWholeStream,
      base.shape == result.shape
    {
      result = base
    }
    return result
  }

  /// What somebody may have meant by a rule for single tensors.
  private func hint(_ rule: Rule) -> String {
    switch rule {
    case .skip(let pattern), .take(let pattern, _, _, _):
      return hint(pattern.withZeros, inventory.destination)
    case .drop(let pattern): return hint(pattern.withZeros, inventory.source)
    case .enter, .strip, .remove, .add: return ""
    }
  }

  private func hint(_ name: [UInt8], _ side: Inventory) -> String {
    NearName.find(name, among: side.tensors.lazy.map(\.name)).map {
      "; did you mean “\(visibleText($0))”?"
    } ?? ""
  }

  private func error(_ problem: RuleTrace.Problem) -> RepairError {
    let text = rules[problem.rule].description
    let tensor = problem.destination.map { visibleText(inventory.destination.tensors[$0].name) }
    func made(_ reason: RepairError.Reason, _ found: String, _ expected: String) -> RepairError {
      RepairError(
        reason, rule: problem.rule, ruleText: text, tensor: tensor, found: found,
        expected: expected)
    }
    switch problem.kind {
    case .namesNothing:
      let rule = rules[problem.rule]
      let side = rule.isForDestination ? "destination" : "source"
      return made(
        .namesNothing, "no tensor of the \(side) that it fits",
        "at least one" + hint(rule))
    case .noSource(let name):
      return made(
        .namesNothing, "no source tensor “\(visibleText(name))”",
        "a name as “ls” shows it for the source" + hint(name, inventory.source))
    case .contradicts(let other):
      return made(
        .contradiction, "another rule for the same tensor: “\(rules[other])” (rule \(other + 1))",
        "one rule for each destination tensor")
    case .cycle:
      return made(.cycle, "ties that lead back to this tensor", "a tie to a tensor with a source")
    }
  }
}

extension Rule {
  /// Speaks of destination names; the others change source names.
  var isForDestination: Bool {
    switch self {
    case .take, .skip, .add: true
    case .enter, .strip, .remove, .drop: false
    }
  }
}
