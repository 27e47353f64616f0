import EspalierTree

extension Planner {
  mutating func decideTies(_ progress: ProgressMonitor) throws {}
}
