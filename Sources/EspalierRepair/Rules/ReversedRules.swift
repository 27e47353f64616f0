import EspalierDiagnosis
import EspalierTree

/// The way back: rules under which the destination, or what was saved like it, loads into the source.
///
/// Names, orders of axes and elements, shapes, parts and joins lead back; what was cut off, converted or
/// computed does not, and is said. The two sides change places:
///
///     let back = ReversedRules(rules, source: source, destination: destination)
///     // espalier load SOURCE DESTINATION --rules back.toml
public struct ReversedRules: Sendable {
  /// For a load of the destination into the source.
  public private(set) var rules: [Rule]
  /// Source tensors that no rule gives their values back, and why, safe to print.
  public private(set) var lost: [Loss]

  /// A source tensor without a way back.
  public struct Loss: Sendable, Hashable, CustomStringConvertible {
    /// Its name, safe to print.
    public var tensor: String
    /// The step that loses something, or that nothing takes it.
    public var reason: String

    public var description: String { "\(tensor): \(reason)" }
  }

  /// - Parameters:
  ///   - rules: what loads the source into the destination, checked against both.
  ///   - source: what the rules load from, as they see it.
  ///   - destination: what the rules load into.
  public init(_ rules: [Rule], source: Inventory, destination: Inventory) {
    let trace = RuleTrace(rules, source: source, destination: destination)
    var way = WayBack(source: source, destination: destination)
    way.follow(trace.links.map(\.link))
    let writer = RuleWriter(destination: source, source: destination)
    self.rules = writer.write(
      way.found.values.sorted { $0.destination < $1.destination }, reading: [], skipped: [])
    lost = source.tensors.indices.filter { way.found[$0] == nil }.map {
      Loss(
        tensor: visibleText(source.tensors[$0].name),
        reason: way.reasons[$0] ?? "no rule takes it")
    }
  }
}

/// Turns links round, one by one, and those that share a source together.
private struct WayBack {
  let source: Inventory
  let destination: Inventory
  /// By source tensor; the link's destination is the source tensor.
  private(set) var found: [Int: Link] = [:]
  private(set) var reasons: [Int: String] = [:]

  init(source: Inventory, destination: Inventory) {
    self.source = source
    self.destination = destination
  }

  /// A source tensor's part in a destination tensor.
  private struct Part {
    var destination: Int
    /// From the source to the whole that is cut.
    var before: [Step]
    /// The step that takes a part; nil where it is the whole.
    var cut: Step?
    /// Behind the cut.
    var after: [Step]
  }

  mutating func follow(_ links: [Link]) {
    var parts: [Int: [Part]] = [:]
    for link in links {
      let steps = link.operation.steps.filter { !$0.keepsValues }
      if let join = steps.firstIndex(where: \.isJoin) {
        separate(link, steps, at: join)
        continue
      }
      guard link.sources.count == 1, let s = link.sources.first else {
        for s in link.sources { reasons[s] = reason(steps) }
        continue
      }
      let cut = steps.firstIndex(where: \.isCut)
      parts[s, default: []].append(
        Part(
          destination: link.destination, before: Array(steps[..<(cut ?? steps.count)]),
          cut: cut.map { steps[$0] }, after: cut.map { Array(steps[($0 + 1)...]) } ?? []))
    }
    for (s, parts) in parts.sorted(by: { $0.key < $1.key }) where found[s] == nil {
      assemble(s, parts)
    }
  }

  private func reason(_ steps: [Step]) -> String {
    steps.first { StepsBack.inverse($0, [1]) == nil }.map { "“\($0)” has no way back" }
      ?? "no way back"
  }

  // MARK: Joined in the destination

  /// Each source is a part of the destination tensor.
  private mutating func separate(_ link: Link, _ steps: [Step], at join: Int) {
    let before = Array(steps[..<join])
    var offset = 0
    let shapes = link.sources.map { StepsBack.shapes(source.tensors[$0].shape, before) }
    guard let whole = joined(shapes.map { $0?.last ?? [] }, steps[join]),
      let undoing = StepsBack.inverses(Array(steps[(join + 1)...]), whole)
    else {
      for s in link.sources { reasons[s] = reason(steps) }
      return
    }
    for (place, s) in link.sources.enumerated() {
      guard let shape = shapes[place]?.last,
        let own = StepsBack.inverses(before, source.tensors[s].shape)
      else {
        reasons[s] = reason(before)
        continue
      }
      var part: Step
      switch steps[join] {
      case .concat(let raw):
        let axis = raw < 0 ? raw + shape.count : raw
        part = .slice(axis: axis, start: offset, stop: offset + shape[axis])
        offset += shape[axis]
      case .stack(let raw):
        part = .index(axis: raw < 0 ? raw + whole.count : raw, at: place)
      default: return
      }
      if found[s] == nil { put(s, [link.destination], undoing + [part] + own) }
    }
  }

  private func joined(_ shapes: [[Int]], _ step: Step) -> [Int]? {
    let nodes = shapes.map { ValueNode(.f32, $0, .leaf(LeafID(0))) }
    switch step {
    case .concat(let axis): return try? Joining.concat(nodes, axis).shape
    case .stack(let axis): return try? Joining.stack(nodes, axis).shape
    default: return nil
    }
  }

  // MARK: Cut from the source

  /// A source that is there as a whole, or in parts that fill it.
  private mutating func assemble(_ s: Int, _ parts: [Part]) {
    let shape = source.tensors[s].shape
    if let whole = parts.first(where: { $0.cut == nil }),
      let steps = StepsBack.inverses(whole.before, shape)
    {
      return put(s, [whole.destination], steps)
    }
    guard let first = parts.first, let last = StepsBack.shapes(shape, first.before)?.last,
      parts.allSatisfy({ $0.before == first.before && $0.cut != nil }),
      let undoing = StepsBack.inverses(first.before, shape)
    else {
      reasons[s] = reason(parts.first.map { $0.before + ($0.cut.map { [$0] } ?? []) } ?? [])
      return
    }
    guard let (order, join) = tiling(parts, last),
      let after = sameWayBack(order.map { parts[$0] }, last)
    else {
      reasons[s] = "its parts do not fill it"
      return
    }
    put(s, order.map { parts[$0].destination }, after + [join] + undoing)
  }

  /// The order in which the parts fill an axis of the whole, and the step that joins them.
  private func tiling(_ parts: [Part], _ whole: [Int]) -> (order: [Int], join: Step)? {
    var ranges: [(start: Int, stop: Int, place: Int)] = []
    var axes: Set<Int> = []
    var stacks = false
    for (place, part) in parts.enumerated() {
      guard let cut = part.cut, StepsBack.shapes(whole, [cut]) != nil else { return nil }
      func own(_ axis: Int) -> Int { axis < 0 ? axis + whole.count : axis }
      switch cut {
      case .split(let axis, let index, let of):
        let size = whole[own(axis)] / of
        ranges.append((index * size, (index + 1) * size, place))
        axes.insert(own(axis))
      case .slice(let axis, let start, let stop):
        ranges.append((start, stop, place))
        axes.insert(own(axis))
      case .index(let axis, let at):
        ranges.append((at, at + 1, place))
        axes.insert(own(axis))
        stacks = true
      default: return nil
      }
    }
    guard axes.count == 1, let axis = axes.first, whole.indices.contains(axis) else { return nil }
    // What is there twice is taken once.
    var order: [Int] = []
    var reached = 0
    for range in ranges.sorted(by: { ($0.start, $0.place) < ($1.start, $1.place) }) {
      if range.stop <= reached, reached > 0 { continue }
      guard range.start == reached else { return nil }
      order.append(range.place)
      reached = range.stop
    }
    guard reached == whole[axis] else { return nil }
    return (order, stacks ? .stack(axis: axis) : .concat(axis: axis))
  }

  /// Steps before a join are the same for all that is joined.
  private func sameWayBack(_ parts: [Part], _ whole: [Int]) -> [Step]? {
    let ways = parts.map { part -> [Step]? in
      guard let cut = part.cut, let shape = StepsBack.shapes(whole, [cut])?.last else { return nil }
      return StepsBack.inverses(part.after, shape)
    }
    guard let first = ways.first, ways.allSatisfy({ $0 == first }) else { return nil }
    return first
  }

  private mutating func put(_ s: Int, _ sources: [Int], _ steps: [Step]) {
    found[s] = Link(
      destination: s, sources: sources, operation: Operation(steps.isEmpty ? [.rename] : steps))
  }
}
