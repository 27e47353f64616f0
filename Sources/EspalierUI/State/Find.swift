/// A search: its text and, once the rows have been looked through, its hits.
public struct Search: Equatable, Sendable {
  public var text: String
  /// The request whose answer is awaited, or was the last.
  var number: Int
  /// nil while the answer is awaited.
  public internal(set) var hits: RowSet?
  /// Where the cursor goes back to when the search is given up.
  var origin: Browse.Place?
  var isForward = true
  /// Whether it only looks through rows that have changed: nobody asked, so nothing is said.
  var isRerun = false
}

/// A filter that is in force.
public struct Filter: Equatable, Sendable {
  public var text: String
  var number: Int
  /// Rows that fit, without their parents; nil while the answer is awaited.
  public internal(set) var hits: Int?
}
