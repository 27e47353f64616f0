import EspalierTree

/// How much of the values that the rules ask for has been read.
struct ReadWork {
  private(set) var done = 0
  let total: Int
  let progress: ProgressMonitor

  init(total: Int, progress: ProgressMonitor) {
    self.total = total
    self.progress = progress
  }

  mutating func did(_ bytes: Int) throws {
    done += bytes
    // Arrays that are read more than once count once.
    try progress.check(min(done, total), of: total)
  }
}
