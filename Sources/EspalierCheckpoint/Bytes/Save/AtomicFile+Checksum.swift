import CZlib

extension AtomicFile {
  /// The CRC-32 of a range of what was written so far. Parts that are kept account of by such sums are
  /// not read again.
  func checksum(of range: Range<Int>) throws(CheckpointError) -> UInt32 {
    var sum: UInt32 = 0
    func add(_ part: UInt32, _ count: Int) {
      sum = UInt32(truncatingIfNeeded: crc32_combine(UInt(sum), UInt(part), count))
    }
    try step { () throws(CheckpointError) in
      try flush()
      var at = range.lowerBound
      func read(upTo end: Int) throws(CheckpointError) {
        while at < end {
          let bytes = try readBack(at..<min(end, at + options.bufferSize))
          add(checksum(bytes.span.bytes), bytes.count)
          at += bytes.count
        }
      }
      for extent in written.extents(in: range) {
        guard case .checksum(let known) = extent.content,
          range.lowerBound <= extent.range.lowerBound,
          extent.range.upperBound <= range.upperBound
        else { continue }
        try read(upTo: extent.range.lowerBound)
        add(known, extent.range.count)
        at = extent.range.upperBound
      }
      try read(upTo: range.upperBound)
    }
    return sum
  }
}
