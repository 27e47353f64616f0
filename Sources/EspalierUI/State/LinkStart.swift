import EspalierTree

/// A row that waits for the row to be linked with it.
struct LinkStart: Equatable, Sendable {
  var row: Int
  var path: TreePath
}
