/// What somebody may want for tensors of another size, though nothing says so: the first places of a
/// longer axis, or the source's places at the start of the destination's own values.
enum SizeChoices {
  static func rules(_ resized: [Resized], _ facts: Facts) -> [Rule] {
    let links = resized.compactMap { link($0, facts) }
    guard !links.isEmpty else { return [] }
    let reading = facts.rules.filter(\.changesNames)
    let written = facts.spelling.ruleWriter.write(links, reading: reading, skipped: [])
    return Array(written.dropFirst(reading.count))
  }

  private static func link(_ pair: Resized, _ facts: Facts) -> Link? {
    let (d, s) = (facts.matcher.destination[pair.destination], facts.matcher.source[pair.source])
    guard d.parts.count == 1, let destination = d.parts.first, !s.parts.isEmpty, !s.shapeIsFree,
      d.stackIndex == nil, s.stackIndex == nil
    else { return nil }
    var (shape, steps) = (s.shape, s.steps)
    guard shape.count == d.shape.count else { return nil }
    if shape.count == 2, d.shape[1] != shape[1], d.shape[1] == shape[0] {
      shape.reverse()
      steps.append(.transpose)
    }
    let axes = shape.indices.filter { shape[$0] != d.shape[$0] }
    guard axes.count == 1, let axis = axes.first else { return nil }
    let size = d.shape[axis]
    steps.append(
      size > shape[axis]
        ? .pad(axis: axis, size: size) : .slice(axis: axis, start: 0, stop: size))
    return Link(destination: destination, sources: s.parts, operation: Operation(steps))
  }
}
