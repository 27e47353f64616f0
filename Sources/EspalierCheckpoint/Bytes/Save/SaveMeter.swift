import EspalierTree
import Glibc
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

extension AtomicFile {
  /// Appends the values of an array. Bytes that lie in a file as they are wanted are copied by the
  /// system; all others pass through a buffer of a few megabytes.
  func append(values source: any TensorSource, _ leaf: LeafID, _ meter: SaveMeter) throws {
    if let plain = try source.reader(for: leaf) as? FileRangeReader {
      var start = plain.rest.lowerBound
      while start < plain.rest.upperBound {
        let end = min(plain.rest.upperBound, start + 64 << 20)
        try copy(start..<end, of: plain.file)
        meter.wrote(end - start)
        start = end
      }
      return
    }
    try source.withChunks(of: leaf, chunk: 4 << 20) { chunk in
      try append(chunk)
      meter.wrote(chunk.count)
    }
  }
}

/// Makes a folder where there is none.
func makeFolder(_ path: FilePath) throws(CheckpointError) {
  let code = path.withCString { mkdir($0, 0o777) == 0 ? 0 : errno } ?? EINVAL
  guard code == 0 || code == EEXIST else {
    throw CheckpointError(
      SystemFailure(call: .open, error: code), file: path, doing: "making the folder",
      otherwise: .saveFailed)
  }
}
