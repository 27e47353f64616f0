/// Turns slot links into links between tensors, with the steps spelt out.
struct LinkBuilder {
  private let findings: Findings
  private let matcher: Matcher
  private let style: AxisStyle

  init(_ findings: Findings) {
    self.findings = findings
    matcher = findings.matcher
    style = LinkBuilder.style(findings)
  }

  /// What the tensors with only one possible layout say about the rest.
  static func style(_ findings: Findings) -> AxisStyle {
    let matcher = findings.matcher
    var style = AxisStyle()
    style.reversed = findings.source.isColumnMajor != findings.destination.isColumnMajor
    for (d, link) in matcher.links where link.join == nil && link.sources.count == 1 {
      let s = link.sources[0]
      style.observe(
        source: matcher.source[s].shape, destination: matcher.destination[d].shape,
        leaves: leaves(matcher, d, s), isTable: isTable(matcher, d, s))
    }
    return style
  }

  static func leaves(_ matcher: Matcher, _ d: Int, _ s: Int) -> AxisStyle.LeafPair {
    // Bare parameters (`text_projection`) vote together: they are used the same way round.
    func leaf(_ path: [Int]) -> Int {
      guard let id = path.last else { return -1 }
      return matcher.names.role(id) == .other ? -2 : id
    }
    return AxisStyle.LeafPair(
      source: leaf(matcher.source[s].path), destination: leaf(matcher.destination[d].path))
  }

  /// Lookup tables are never stored the other way round together with the matrices.
  static func isTable(_ matcher: Matcher, _ d: Int, _ s: Int) -> Bool {
    let slot = matcher.destination[d]
    guard slot.shape.count == 2 else { return false }
    // What multiplies a time's embedding is no table.
    if matcher.names.isKernel(matcher.source[s].path) { return false }
    let scorer = matcher.scorer
    return scorer.says(.position, slot.path)
      || scorer.says(.embed, slot.path) && !scorer.says(.patch, slot.path)
      // A tied output layer reads the table.
      || slot.shape == matcher.source[s].shape && scorer.says(.embed, matcher.source[s].path)
  }

  func build() -> [Link] {
    var links: [Link] = []
    // Layers of a stacked destination come back together at the end.
    var stacked: [Int: [Int: SlotLink]] = [:]
    for (d, link) in matcher.links {
      if let layer = matcher.destination[d].stackIndex,
        let tensor = matcher.destination[d].parts.first
      {
        stacked[tensor, default: [:]][layer] = SlotLink(
          sources: [d] + link.sources, join: link.join, evidence: link.evidence)
      } else if let built = self.link(d, link) {
        links.append(built)
      }
    }
    for (tensor, layers) in stacked {
      if let built = stack(tensor, layers) { links.append(built) }
    }
    return links.sorted { $0.destination < $1.destination }
  }

  private func link(_ d: Int, _ link: SlotLink) -> Link? {
    let slot = matcher.destination[d]
    guard let tensor = slot.parts.first else { return nil }
    let steps = self.steps(d, link, shape: slot.shape)
    let sources = link.sources.flatMap { matcher.source[$0].parts }
    return Link(
      destination: tensor, sources: sources,
      operation: Operation(finish(steps, d: d, link: link)))
  }

  /// Adds what does not change values: rename, cast, tie.
  private func finish(_ steps: [Step], d: Int, link: SlotLink) -> [Step] {
    let slot = matcher.destination[d]
    var all = steps
    guard let tensor = slot.parts.first, let s = link.sources.first else { return all }
    if link.evidence == .tie { all.append(.tie) }
    if castsFloat(matcher.source[s], slot) { all.append(.cast) }
    if all.isEmpty {
      let isSameName =
        matcher.source[s].parts.count == 1
        && findings.source.tensors[matcher.source[s].parts[0]].name
          == findings.destination.tensors[tensor].name
      all = [isSameName ? .identity : .rename]
    }
    return all
  }

  func castsFloat(_ source: Slot, _ destination: Slot) -> Bool {
    source.steps.isEmpty && source.dtype != destination.dtype && isFloat(source.dtype)
      && isFloat(destination.dtype)
  }

  /// Steps from the parts of the source slots to the destination slot.
  private func steps(_ d: Int, _ link: SlotLink, shape: [Int]) -> [Step] {
    guard let first = link.sources.first else { return [] }
    let before = matcher.source[first].steps
    let reordering = findings.reorderings[d]?.steps
    switch link.join {
    case .none:
      if let reordering { return before + reordering }
      if matcher.source[first].shapeIsFree { return before }
      let axes = style.steps(
        source: matcher.source[first].shape, destination: shape,
        leaves: LinkBuilder.leaves(matcher, d, first),
        isTable: LinkBuilder.isTable(matcher, d, first))
      return before + (axes ?? [])
    case .resized(let steps): return before + steps
    case .foldedNorm: return [.foldBatchNorm]
    case .part: return before + (reordering ?? part(d, link, first, shape))
    case .concat: return before + (reordering ?? concat(d, link, shape))
    }
  }

  private func part(_ d: Int, _ link: SlotLink, _ s: Int, _ shape: [Int]) -> [Step] {
    guard case .part(let index, let of, let start, let stop, let rows, _) = link.join else {
      return []
    }
    let whole = matcher.source[s].shape
    let matrix = FusedAxis.matrix(whole)
    let flat = matrix == whole ? [] : [Step.reshape(matrix)]
    // One-dimensional wholes have one-dimensional parts, heads split out or not.
    let target = matrix.count == 1 ? [elementCount(shape)] : FusedAxis.matrix(shape)
    let back = target == shape ? [] : [Step.reshape(shape)]
    if matrix.count == target.count + 1 { return flat + [.index(axis: 0, at: index)] + back }
    let axis = matrix.firstIndex(of: rows) ?? 0
    let isEven = rows == of * (stop - start) && start == index * (stop - start)
    let cut: Step =
      isEven
      ? .split(axis: axis, index: index, of: of) : .slice(axis: axis, start: start, stop: stop)
    var after = matrix
    if axis < after.count { after[axis] = stop - start }
    let turns = after != target || isSquareSwap(after, d, s)
    return flat + [cut] + (turns && after.count == 2 ? [.transpose] : []) + back
  }

  private func concat(_ d: Int, _ link: SlotLink, _ shape: [Int]) -> [Step] {
    guard let s = link.sources.first else { return [] }
    let piece = matcher.source[s].shape
    let matrix = squeeze(shape).count == 1 ? [elementCount(piece)] : FusedAxis.matrix(piece)
    let flat = matrix == piece ? [] : [Step.reshape(matrix)]
    let target = FusedAxis.matrix(shape)
    let back = target == shape ? [] : [Step.reshape(shape)]
    if target.count == matrix.count + 1 { return flat + [.stack(axis: 0)] + back }
    let shapes = link.sources.map { FusedAxis.matrix(matcher.source[$0].shape) }
    guard target.count == 2, let axis = FusedAxis.find(target, shapes) else {
      return flat + [.concat(axis: 0)] + back
    }
    // Joined along columns before or rows after a turn: turn each piece, then join.
    let turns = axis.swapped || isSquareSwap(matrix, d, s)
    let along = (axis.alongColumns ? 1 : 0)
    let joined = axis.swapped ? 1 - along : along
    let place = turns && !axis.swapped ? fusedPlace(target, shapes, turned: true) : joined
    return flat + (turns ? [.transpose] : []) + [.concat(axis: place)] + back
  }

  private func fusedPlace(_ target: [Int], _ shapes: [[Int]], turned: Bool) -> Int {
    let total = shapes.map { turned ? $0[1] : $0[0] }.reduce(0, saturatingSum)
    return total == target[0] ? 0 : 1
  }

  /// Shapes do not say whether to turn a square piece; the rest of the file does.
  private func isSquareSwap(_ shape: [Int], _ d: Int, _ s: Int) -> Bool {
    shape.count == 2 && shape[0] == shape[1]
      && style.isSwapped(LinkBuilder.leaves(matcher, d, s))
  }

  /// All layers of one stacked destination tensor.
  private func stack(_ tensor: Int, _ layers: [Int: SlotLink]) -> Link? {
    let shape = findings.destination.tensors[tensor].shape
    guard let count = shape.first, layers.count == count, let first = layers[0] else { return nil }
    var sources: [Int] = []
    var perLayer: [Step]?
    for layer in 0..<count {
      guard let link = layers[layer], let d = link.sources.first else { return nil }
      let own = SlotLink(
        sources: Array(link.sources.dropFirst()), join: link.join, evidence: link.evidence)
      let steps = self.steps(d, own, shape: matcher.destination[d].shape)
      if let perLayer, perLayer != steps { return nil }
      perLayer = steps
      sources.append(contentsOf: own.sources.flatMap { matcher.source[$0].parts })
    }
    guard let steps = perLayer, let d = first.sources.first else { return nil }
    let cast: [Step] =
      first.sources.dropFirst().first.map {
        castsFloat(matcher.source[$0], matcher.destination[d])
      } == true ? [.cast] : []
    if first.join == nil {
      return Link(
        destination: tensor, sources: sources,
        operation: Operation(steps + [.stack(axis: 0)] + cast))
    }
    // Rows of all layers joined are the layers one below the other.
    guard let at = steps.firstIndex(of: .concat(axis: 0)) else {
      return columns(tensor, sources, steps, shape, cast)
    }
    return Link(
      destination: tensor, sources: sources,
      operation: Operation(
        Array(steps.prefix(at)) + [.concat(axis: 0), .reshape(shape)] + cast))
  }

  /// Layers joined along columns: join the turned pieces as rows, then turn every layer.
  private func columns(
    _ tensor: Int, _ sources: [Int], _ steps: [Step], _ shape: [Int], _ cast: [Step]
  )
    -> Link?
  {
    guard steps == [.transpose, .concat(axis: 1)], shape.count == 3 else { return nil }
    return Link(
      destination: tensor, sources: sources,
      operation: Operation(
        [.concat(axis: 0), .reshape([shape[0], shape[2], shape[1]]), .transpose] + cast))
  }
}

/// Floating-point spellings of safetensors.
func isFloat(_ dtype: String) -> Bool {
  dtype == "BF16" || (dtype.hasPrefix("F") && dtype.dropFirst().first.map { $0.isNumber } == true)
}
