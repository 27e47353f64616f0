/// Decompresses blocks of LZ4 without a frame around them.
enum LZ4 {
  /// - Parameter size: bytes that must come out.
  /// - Returns: nil where the data is broken.
  static func decompress(_ bytes: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
    var decoder = Decoder(rest: bytes, size: size)
    return decoder.run()
  }

  private struct Decoder {
    var rest: ArraySlice<UInt8>
    let size: Int
    var output: [UInt8] = []

    mutating func run() -> [UInt8]? {
      while let token = rest.popFirst() {
        guard let literals = length(Int(token >> 4)), literals <= rest.count,
          literals <= size - output.count
        else { return nil }
        output += rest.prefix(literals)
        rest = rest.dropFirst(literals)
        // The last sequence has no match.
        if rest.isEmpty { return output.count == size ? output : nil }
        guard copyMatch(Int(token & 15)) else { return nil }
      }
      return nil
    }

    private mutating func copyMatch(_ short: Int) -> Bool {
      guard let low = rest.popFirst(), let high = rest.popFirst() else { return false }
      let distance = Int(low) | Int(high) << 8
      guard let more = length(short), distance > 0, distance <= output.count,
        more + 4 <= size - output.count
      else { return false }
      // A match may reach into what it writes itself.
      let start = output.count - distance
      for index in start..<start + more + 4 { output.append(output[index]) }
      return true
    }

    /// Lengths from 15 on go on in further bytes.
    private mutating func length(_ short: Int) -> Int? {
      guard short == 15 else { return short }
      var length = short
      while let byte = rest.popFirst() {
        length += Int(byte)
        if byte < 255 { return length }
      }
      return nil
    }
  }
}
