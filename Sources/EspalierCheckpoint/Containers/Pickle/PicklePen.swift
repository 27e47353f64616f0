/// Writes a pickle of protocol 2, as far as checkpoints need one.
struct PicklePen {
  private(set) var bytes: [UInt8] = [0x80, 2]

  mutating func emptyDictionary() { put("}") }
  mutating func emptyList() { put("]") }
  mutating func mark() { put("(") }
  /// Ends the pairs since the mark.
  mutating func setItems() { put("u") }
  /// Ends the elements since the mark.
  mutating func appends() { put("e") }
  mutating func tuple() { put("t") }
  mutating func emptyTuple() { put(")") }
  mutating func reduce() { put("R") }
  mutating func persistentID() { put("Q") }
  mutating func none() { put("N") }
  mutating func stop() { put(".") }
  mutating func bool(_ value: Bool) { bytes.append(value ? 0x88 : 0x89) }

  mutating func global(_ module: String, _ name: String) {
    put("c")
    bytes += Array("\(module)\n\(name)\n".utf8)
  }

  /// - Parameter text: UTF-8, below 4 GiB.
  mutating func text(_ text: [UInt8]) {
    put("X")
    bytes += littleEndian(UInt32(clamping: text.count)) + text
  }

  mutating func integer(_ value: Int64) {
    if let small = Int32(exactly: value) {
      put("J")
      bytes += littleEndian(UInt32(bitPattern: small))
    } else {
      bytes += [0x8a, 8] + littleEndian(UInt64(bitPattern: value))
    }
  }

  mutating func unsigned(_ value: UInt64) {
    if let small = Int64(exactly: value) { return integer(small) }
    bytes += [0x8a, 9] + littleEndian(value) + [0]
  }

  mutating func float(_ value: Double) {
    put("G")
    bytes += littleEndian(value.bitPattern.byteSwapped)
  }

  /// Instructions as bytes.
  mutating func raw(_ instructions: [UInt8]) { bytes += instructions }

  private mutating func put(_ opcode: Unicode.Scalar) { bytes.append(UInt8(ascii: opcode)) }

  private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
