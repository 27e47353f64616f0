import EspalierDiagnosis
import EspalierTree

extension AppState {
  /// What speaks against a row as it is: a cause whose remedy is for it and is not in force, and what
  /// its shape cannot decide.
  func doubts(_ row: Int) -> [String] {
    guard let comparison = browse?.comparison, comparison.plan != nil,
      let file = destination.file, let leaf = comparison.alignment.destinationLeaf(row),
      let node = comparison.alignment.destinationNode(row), file.tree.kind(of: leaf) == .array
    else { return [] }
    let name = file.ruleName(of: node)
    // Somebody has decided.
    guard comparison.mark(row) != .skipped,
      !rules.current.repair.byHand.contains(where: { $0.destination.bytes == name })
    else { return [] }
    let about = diagnoses.indices.compactMap { cause($0, about: name) }
    if !about.isEmpty { return about }
    return isSquareAsItIs(comparison, row)
      ? ["square: its shape cannot tell whether the source's is transposed"] : []
  }

  private func cause(_ index: Int, about name: [UInt8]) -> String? {
    let entry = diagnoses[index]
    guard case .remedy(let remedy) = entry.action, !isApplied(entry) else { return nil }
    for case .take(let pattern, _, let operation, _) in remedy.rules
    where pattern.match(name) != nil {
      let key = keyMap.spelling(of: .why).map { "; \($0) shows it" } ?? ""
      let doubt = entry.isAssumption ? ", assumed, as shapes cannot decide it" : ""
      let place = "cause \(index + 1) of \(diagnoses.count)"
      return entry.isChoice
        ? "\(place) has a choice for this row: \(operation)\(key)"
        : "\(place) is about this row: \(operation)\(doubt)\(key)"
    }
    return nil
  }

  /// A matrix of equal sides that comes from a matrix of the file as it is there.
  private func isSquareAsItIs(_ comparison: Comparison, _ row: Int) -> Bool {
    let alignment = comparison.alignment
    guard let leaf = alignment.destinationLeaf(row), let other = alignment.sourceLeaf(row),
      alignment.source.kind(of: other) == .array
    else { return false }
    let shape = alignment.destination.shape(of: leaf)
    let sides = shape.dimensions
    guard sides.count == 2, sides[0] == sides[1], sides[0] > 1,
      alignment.source.shape(of: other) == shape
    else { return false }
    return comparison.repair?.origin(of: other)?.keepsValues ?? true
  }
}
