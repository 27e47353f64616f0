import CZstd

/// Zstandard frames.
enum Zstandard {
  private static let pieceSize = 1 << 17

  /// One frame with all of the bytes; nil where the library fails, which it does only without memory.
  static func compress(_ bytes: [UInt8], level: Int) -> [UInt8]? {
    let room = ZSTD_compressBound(bytes.count)
    var isDone = false
    let result = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      let size = bytes.withUnsafeBytes {
        ZSTD_compress(
          buffer.baseAddress, room, $0.baseAddress, $0.count, Int32(min(19, max(1, level))))
      }
      isDone = ZSTD_isError(size) == 0
      count = isDone ? size : 0
    }
    return isDone ? result : nil
  }

  /// All that the frames decompress to; nil where they are broken, cut, or hold more than `limit`
  /// bytes. Memory grows with what comes out, not with what a frame announces.
  static func decompress(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    guard let stream = ZSTD_createDStream() else { return nil }
    defer { ZSTD_freeDStream(stream) }
    // Decoders keep a window of what came before: frames that want more than 128 MB are refused.
    guard ZSTD_isError(ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27)) == 0 else {
      return nil
    }
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: pieceSize)
    var consumed = 0
    var hint = 1
    while true {
      var written = 0
      let used = consumed
      hint = bytes.withUnsafeBytes { source in
        piece.withUnsafeMutableBytes { target in
          var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: used)
          var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
          let status = ZSTD_decompressStream(stream, &output, &input)
          consumed = input.pos
          written = output.pos
          return status
        }
      }
      guard ZSTD_isError(hint) == 0, written <= limit - result.count else { return nil }
      result.append(contentsOf: piece[..<written])
      // Zero: a frame has ended, and all of it is out.
      if consumed == bytes.count, hint == 0 || written < pieceSize { break }
      if consumed == used, written == 0 { return nil }
    }
    // Not zero: the last frame is not complete.
    return hint == 0 ? result : nil
  }
}
