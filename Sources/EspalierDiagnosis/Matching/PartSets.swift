/// Sets of tensors that may be the parts of one; made once for all wholes that ask for the same.
struct PartSets {
  struct Key: Hashable {
    /// The roles the parts must have, in order; empty where any siblings will do.
    var order: [String]
    var role: Vocabulary.Role
  }

  /// More sets than this that add up are no evidence for any of them.
  private static let most = 200

  private let isLarge: Bool
  private var made: [Key: [[Int]]] = [:]
  private var bySize: [Key: [Int: [[Int]]]] = [:]

  /// - Parameter isLarge: there are too many to try each whole with each set.
  init(isLarge: Bool) { self.isLarge = isLarge }

  /// - Parameters:
  ///   - elements: how many the whole has; in large sets the parts must have as many together.
  ///   - size: how many elements a set has.
  ///   - make: finds all sets for this key.
  mutating func options(
    _ key: Key, elements: Int, size: ([Int]) -> Int, make: () -> [[Int]]
  ) -> [[Int]] {
    let all: [[Int]]
    if let known = made[key] {
      all = known
    } else {
      all = make()
      made[key] = all
    }
    guard isLarge else { return all }
    if bySize[key] == nil { bySize[key] = Dictionary(grouping: all, by: size) }
    let fitting = bySize[key]?[elements] ?? []
    return fitting.count <= Self.most ? fitting : []
  }
}
