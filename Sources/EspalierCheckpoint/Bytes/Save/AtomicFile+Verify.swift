import CZlib

// What was written is read back from the disk before it takes the old file's place.

extension AtomicFile {
  func verify() throws(CheckpointError) {
    let size = try systemStep("looking at what was written") { () throws(SystemFailure) in
      try calls.status(descriptor).st_size
    }
    guard Int(size) == position else { throw mismatch(at: position) }
    calls.forgetCached(descriptor)
    for extent in written.extents {
      var offset = extent.range.lowerBound
      while offset < extent.range.upperBound {
        if options.isCancelled() { throw CheckpointError(.cancelled, file: path) }
        let end = min(extent.range.upperBound, offset + options.bufferSize)
        try compare(offset..<end, of: extent)
        offset = end
        options.progress?(.verifying(offset, of: position))
      }
    }
  }

  /// A summed extent is never longer than one buffer, so it is compared whole.
  private func compare(
    _ range: Range<Int>, of extent: WrittenExtents.Extent
  ) throws(CheckpointError) {
    let found = try readBack(range)
    let isSame =
      switch extent.content {
      case .checksum(let expected): checksum(found.span.bytes) == expected
      case .copy(let source, let offset):
        try source.read(at: offset + range.lowerBound - extent.range.lowerBound, count: range.count)
          == found
      }
    guard isSame else { throw mismatch(at: range.lowerBound) }
  }

  func readBack(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var done = 0
    while done < bytes.count {
      let count = try receive(into: &bytes, from: done, at: range.lowerBound + done)
      guard count > 0 else { throw mismatch(at: range.lowerBound + done) }
      done += count
    }
    return bytes
  }

  private func receive(
    into bytes: inout [UInt8], from start: Int, at offset: Int
  ) throws(CheckpointError) -> Int {
    do { return try calls.read(descriptor, into: &bytes, from: start, at: offset) } catch {
      throw CheckpointError(
        error, file: path, doing: "reading back what was written", otherwise: .saveFailed)
    }
  }

  private func mismatch(at offset: Int) -> CheckpointError {
    CheckpointError(
      .saveFailed, file: path, offset: offset, found: "other bytes than were written",
      expected: "the same", advice: "check the disk; the old file was not touched")
  }

  func checksum(_ bytes: RawSpan) -> UInt32 {
    bytes.withUnsafeBytes { raw in
      UInt32(truncatingIfNeeded: crc32_z(0, raw.bindMemory(to: UInt8.self).baseAddress, raw.count))
    }
  }
}
