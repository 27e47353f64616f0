import EspalierTree

/// What the plan knows about arrays that share memory in the destination.
struct TiePlan: Sendable {
  /// Later paths that contradict what was loaded, by row.
  var conflicts: [Int32: TieConflict] = [:]
  /// Leaves whose values come, wholly or in part, from loads at other paths.
  var followers: [LeafID: Follower] = [:]
  /// Leaves whose memory an earlier leaf has all of.
  var repeats: Set<LeafID> = []

  struct Follower: Sendable, Hashable {
    /// The leaves whose loads reach this one's memory, in walk order.
    let leaders: [LeafID]
    /// Whether they reach all of it.
    let isWhole: Bool
  }
}
