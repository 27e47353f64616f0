import EspalierTree

/// Saves arrays as members of a new archive.
final class ZipMembers {
  private let request: SaveRequest
  private let meter: SaveMeter
  private let file: AtomicFile
  private var zip: ZipWriter

  /// - Parameter total: bytes that will come, for progress and for the check of free space.
  init(_ request: SaveRequest, total: Int) throws {
    self.request = request
    let meter = SaveMeter(request.monitor, total: total)
    self.meter = meter
    file = try AtomicFile(
      request.path,
      options: SaveOptions(
        replace: request.replace, expectedSize: total,
        inputs: (request.destination?.files ?? []) + request.inputs,
        isCancelled: { meter.isStopped }, progress: { meter.follow($0) }))
    zip = ZipWriter(file)
  }

  func add(_ name: [UInt8], _ content: [UInt8]) throws { try zip.add(name, content) }

  /// Adds the values of an array of `byteCount` bytes, behind a head.
  func add(_ name: [UInt8], head: [UInt8] = [], _ leaf: LeafID, _ byteCount: Int) throws {
    // What a source throws is not always a CheckpointError, which is all that a member may throw.
    var failure: (any Error)?
    do {
      try zip.add(name, size: head.count + byteCount) { (append) throws(CheckpointError) in
        do {
          try append(head)
          try request.source.withChunks(of: leaf, chunk: 4 << 20) { chunk in
            try append(Array(chunk))
            meter.wrote(chunk.count)
          }
        } catch let error as CheckpointError {
          throw error
        } catch {
          failure = error
          throw CheckpointError(.saveFailed, file: request.path, found: "\(error)")
        }
      }
    } catch { throw failure ?? error }
  }

  /// - Parameter comment: at most 65,535 bytes about the archive.
  func finish(comment: [UInt8] = []) throws -> SaveReport.File {
    try zip.finish(comment: comment)
    try file.commit()
    return SaveReport.File(path: request.path, size: file.position)
  }

  func cancel() { file.cancel() }
}
