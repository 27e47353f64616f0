extension Array where Element == Rule {
  /// The mapping these rules give for two inventories: rules that name a tensor come first, what is
  /// left loads by name where the shapes are equal.
  public func apply(to source: Inventory, destination: Inventory) -> Mapping {
    let trace = RuleTrace(self, source: source, destination: destination)
    return Mapping(
      links: trace.links.map(\.link), destinationCount: destination.tensors.count,
      sourceCount: source.tensors.count)
  }
}
