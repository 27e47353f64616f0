extension AtomicFile {
  /// A range of a file being saved that is written in no order.
  struct ScatteredRange {
    let file: AtomicFile
    let range: Range<Int>

    func put(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(CheckpointError) {
      try file.step { () throws(CheckpointError) in
        guard offset >= range.lowerBound, offset <= range.upperBound - bytes.count else {
          throw CheckpointError(
            .saveFailed, file: file.path, offset: offset, found: "a place outside the array")
        }
        var sent = 0
        while sent < bytes.count {
          let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
          sent += try file.send(rest.bytes, to: offset + sent)
        }
      }
    }
  }

  /// Lets `body` write to places of a range in any order and as often as it likes, in pieces too
  /// small to be kept account of one by one: the range is summed when it is done, as the system has
  /// it then. A range beyond the end makes the file longer; all of it is to be written.
  func scatter(_ range: Range<Int>, _ body: (ScatteredRange) throws -> Void) throws {
    try step { () throws(CheckpointError) in try flush() }
    do { try body(ScatteredRange(file: self, range: range)) } catch {
      cancel()
      throw error
    }
    try step { () throws(CheckpointError) in
      reach(range.upperBound)
      var start = range.lowerBound
      while start < range.upperBound {
        let end = min(range.upperBound, start + options.bufferSize)
        let bytes = try readBack(start..<end)
        try record(start..<end, .checksum(checksum(bytes.span.bytes)))
        start = end
      }
    }
  }
}
