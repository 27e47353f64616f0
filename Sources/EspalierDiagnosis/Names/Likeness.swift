/// Pairs tensors by how alike their names are, for a threshold that a person chooses.
///
/// Unlike the engine's search this looks at names alone: shape, role (weight, bias …) and the numbers
/// in a name have to agree, the words in it are compared by what they mean. A pair counts only where
/// each is the other's best and no third is as good.
public struct Likeness {
  private let scorer: NameScorer
  private let destination: [Entry]
  private let source: [Entry]

  private struct Key: Hashable {
    var shape: [Int]
    var role: Vocabulary.Role
    var numbers: [Int]
  }

  private struct Entry {
    var place: Int
    var key: Key
    var profile: NameProfile
  }

  /// More comparisons than this for one shape, role and number are not made: names that so many
  /// share tell nothing.
  private static let limit = 250_000

  /// - Parameters:
  ///   - destinationPlaces: tensors of the destination that have no source.
  ///   - sourcePlaces: tensors of the source that are not used.
  public init(
    destination: Inventory, _ destinationPlaces: [Int], source: Inventory, _ sourcePlaces: [Int]
  ) {
    let names = NameTable()
    let scorer = NameScorer(names)
    self.scorer = scorer
    func entries(_ inventory: Inventory, _ places: [Int]) -> [Entry] {
      places.map { place in
        let tensor = inventory.tensors[place]
        let profile = scorer.profile(tensor.components.map(names.intern))
        return Entry(
          place: place,
          key: Key(shape: tensor.shape, role: profile.role, numbers: profile.numbers),
          profile: profile)
      }
    }
    self.destination = entries(destination, destinationPlaces)
    self.source = entries(source, sourcePlaces)
    for entry in self.destination + self.source { scorer.observe(entry.profile) }
  }

  /// Pairs whose names are at least so alike.
  ///
  /// - Parameter threshold: 0 for any two names, 1 for names that mean the same word by word.
  public func pairs(atLeast threshold: Double) -> [(destination: Int, source: Int)] {
    let lefts = Dictionary(grouping: destination, by: \.key)
    let rights = Dictionary(grouping: source, by: \.key)
    var found: [(destination: Int, source: Int)] = []
    for (key, left) in lefts {
      guard let right = rights[key], left.count * right.count <= Self.limit else { continue }
      let scores = left.map { a in right.map { score(a, $0) } }
      for (i, row) in scores.enumerated() {
        guard let j = only(row, atLeast: threshold),
          only(scores.map { $0[j] }, atLeast: threshold) == i
        else { continue }
        found.append((left[i].place, right[j].place))
      }
    }
    return found.sorted { $0.destination < $1.destination }
  }

  private func score(_ a: Entry, _ b: Entry) -> Double {
    a.profile.concepts == b.profile.concepts ? 1 : min(1, scorer.score(a.profile, b.profile))
  }

  /// The place of the largest number, where it is large enough and stands alone.
  private func only(_ scores: [Double], atLeast threshold: Double) -> Int? {
    guard let best = scores.max(), best >= threshold,
      scores.count(where: { $0 == best }) == 1
    else { return nil }
    return scores.firstIndex(of: best)
  }
}
