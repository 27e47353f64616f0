/// Where one destination tensor comes from.
public struct Link: Hashable, Sendable {
  /// Index into the destination's tensors.
  public var destination: Int
  /// Indices into the source's tensors, in the order the operation takes them.
  public var sources: [Int]
  /// How the sources become the destination tensor.
  public var operation: Operation

  /// A link between tensors named by their indices.
  public init(destination: Int, sources: [Int], operation: Operation) {
    self.destination = destination
    self.sources = sources
    self.operation = operation
  }
}

/// The repair: a link for each destination tensor that has a source, and what is left on both sides.
public struct Mapping: Sendable, Equatable {
  /// Ordered by destination.
  public var links: [Link]
  /// Destination tensors that keep their initial values.
  public var unmatchedDestination: [Int]
  /// Source tensors that are not used.
  public var unexpectedSource: [Int]

  /// Sorts the links, and lists what they leave over of `destinationCount` and `sourceCount` tensors.
  public init(links: [Link], destinationCount: Int, sourceCount: Int) {
    self.links = links.sorted { $0.destination < $1.destination }
    var fed = [Bool](repeating: false, count: destinationCount)
    var used = [Bool](repeating: false, count: sourceCount)
    for link in links {
      if fed.indices.contains(link.destination) { fed[link.destination] = true }
      for source in link.sources where used.indices.contains(source) { used[source] = true }
    }
    unmatchedDestination = fed.indices.filter { !fed[$0] }
    unexpectedSource = used.indices.filter { !used[$0] }
  }
}

/// How much of the destination a load would fill.
public struct Coverage: Hashable, Sendable {
  /// Destination tensors that are filled.
  public var tensors: Int
  /// Destination tensors in all.
  public var ofTensors: Int
  /// Elements of the tensors that are filled; those that share storage count once.
  public var parameters: Int
  /// Elements of all destination tensors.
  public var ofParameters: Int

  init(_ links: [Link], of destination: Inventory) {
    self.init(destinations: links.map(\.destination), of: destination)
  }

  init(destinations: [Int], of destination: Inventory) {
    ofTensors = destination.tensors.count
    let all = destination.tensors
    // Names that share storage hold one set of parameters.
    func storage(_ tensor: Int) -> Int {
      guard let first = all[tensor].tiedTo, all.indices.contains(first) else { return tensor }
      return first
    }
    func elements(_ tensors: some Sequence<Int>) -> Int {
      var counted = [Bool](repeating: false, count: all.count)
      var sum = 0
      for tensor in tensors {
        let first = storage(tensor)
        if !counted[first] { sum = saturatingSum(sum, all[first].elements) }
        counted[first] = true
      }
      return sum
    }
    ofParameters = elements(all.indices)
    tensors = destinations.count
    parameters = elements(destinations.filter(all.indices.contains))
  }
}
