import EspalierTree

/// Unpacks a block of Snappy, LevelDB's usual compression: its length, then literals and copies of
/// what has been unpacked already.
///
/// Never makes more than the length that the block announces, which in turn must be one that so
/// many bytes can stand for.
enum Snappy {
  /// Three bytes stand for 64 at most.
  private static let mostPerByte = 22

  static func unpack(
    _ packed: [UInt8], origin: ByteOrigin, limit: Int
  ) throws(CheckpointError) -> [UInt8] {
    var input = ByteCursor(packed, origin: origin)
    let announced = try input.unsignedVarint(field: "unpacked length")
    guard let length = Int(exactly: announced), length <= limit,
      length <= input.remaining * mostPerByte
    else {
      throw origin.error(
        .limitExceeded, at: 0, field: "unpacked length", found: "\(announced)",
        expected: "at most \(min(limit, input.remaining * mostPerByte))")
    }
    var output: [UInt8] = []
    output.reserveCapacity(length)
    while !input.isAtEnd {
      let start = input.position
      let element = try Element(&input)
      guard element.length <= length - output.count else {
        throw origin.error(
          .malformed, at: start, field: "packed block", found: "more than \(length) bytes",
          expected: "as many as it announces")
      }
      if element.distance == 0 {
        output += input.bytes[try input.range(element.length, field: "packed block")]
      } else {
        try copy(element, to: &output, origin, at: start)
      }
    }
    guard output.count == length else {
      throw origin.error(
        .truncated, at: packed.count, field: "packed block", found: byteCount(output.count),
        expected: byteCount(length))
    }
    return output
  }

  /// A copy may reach into itself: the bytes repeat then.
  private static func copy(
    _ element: Element, to output: inout [UInt8], _ origin: ByteOrigin, at position: Int
  ) throws(CheckpointError) {
    guard element.distance <= output.count else {
      throw origin.error(
        .malformed, at: position, field: "packed block",
        found: "a copy from \(element.distance) bytes back",
        expected: "at most the \(output.count) before it")
    }
    let start = output.count - element.distance
    for index in start..<start + element.length { output.append(output[index]) }
  }

  /// A literal (distance 0), or a copy from so many bytes back.
  private struct Element {
    var length: Int
    var distance: Int

    init(_ input: inout ByteCursor) throws(CheckpointError) {
      let field = "packed block"
      let start = input.position
      let tag = Int(try input.integer(UInt8.self, field: field))
      switch tag & 3 {
      case 0:
        length = try Self.literalLength(tag >> 2, &input)
        distance = 0
        return
      case 1:
        length = ((tag >> 2) & 7) + 4
        distance = (tag >> 5) << 8 | Int(try input.integer(UInt8.self, field: field))
      case 2:
        length = (tag >> 2) + 1
        distance = Int(try input.integer(UInt16.self, field: field))
      default:
        length = (tag >> 2) + 1
        distance = Int(try input.integer(UInt32.self, field: field))
      }
      guard distance > 0 else {
        throw input.origin.error(
          .malformed, at: start, field: field, found: "a copy from 0 bytes back",
          expected: "at least 1")
      }
    }

    /// Up to 60 in the tag itself; else in the one to four bytes after it.
    private static func literalLength(
      _ code: Int, _ input: inout ByteCursor
    ) throws(CheckpointError) -> Int {
      guard code >= 60 else { return code + 1 }
      var length = 0
      for byte in 0..<code - 59 {
        length |= Int(try input.integer(UInt8.self, field: "literal length")) << (8 * byte)
      }
      return length + 1
    }
  }
}
