import EspalierTree
import Synchronization

/// Counts the bytes of a save, over all its files and both of its passes (writing, reading back), for
/// the one who watches, and passes on his wish to stop.
final class SaveMeter: Sendable {
  private let monitor: ProgressMonitor
  private let total: Int
  private let written = Atomic<Int>(0)
  private let verified = Atomic<Int>(0)
  private let verifying = Atomic<Int>(0)
  private let stopped = Atomic<Bool>(false)

  /// - Parameter total: bytes of all files.
  init(_ monitor: ProgressMonitor, total: Int) {
    self.monitor = monitor
    self.total = total
  }

  var isStopped: Bool { stopped.load(ordering: .relaxed) }

  func wrote(_ bytes: Int) {
    written.add(bytes, ordering: .relaxed)
    report()
  }

  func follow(_ progress: SaveProgress) {
    if case .verifying(let done, let size) = progress {
      verifying.store(done, ordering: .relaxed)
      if done == size {
        verifying.store(0, ordering: .relaxed)
        verified.add(size, ordering: .relaxed)
      }
    }
    report()
  }

  private func report() {
    let done =
      written.load(ordering: .relaxed) + verified.load(ordering: .relaxed)
      + verifying.load(ordering: .relaxed)
    if !monitor.report(min(done, 2 * total), 2 * total) { stopped.store(true, ordering: .relaxed) }
  }
}
