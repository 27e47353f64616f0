import EspalierTree

/// What bitsandbytes writes beside 4-bit weights: a short JSON text, as bytes in a tensor of its own
/// (`weight.quant_state.bitsandbytes__nf4`). It is read when rules are checked, because only it knows
/// the shape.
struct QuantState {
  var shape: [Int]
  var blockSize: Int?
  var nestedBlockSize: Int?
  var nestedOffset: Float?

  /// Nil where there is none, or where its bytes are not at hand.
  init?(_ parts: [Part], _ steps: ComputedSteps) throws(StepError) {
    guard let part = parts.first(where: { $0.leafName.hasPrefix("bitsandbytes__") }) else {
      return nil
    }
    guard let bytes = steps.smallBytes(part) else { return nil }
    let fields = FlatJSON.read(bytes)
    guard let shape = fields["shape"], !shape.isEmpty, shape.count <= 8,
      shape.allSatisfy({ $0 >= 0 && $0 < 0x1p40 && $0 == $0.rounded() })
    else {
      throw StepError(
        .unsupported, found: "a quant_state that says no shape",
        expected: "JSON with shape and blocksize")
    }
    self.shape = shape.map { Int($0) }
    func whole(_ key: String) -> Int? {
      fields[key]?.first.flatMap { $0 >= 1 && $0 < 0x1p40 ? Int($0) : nil }
    }
    blockSize = whole("blocksize")
    nestedBlockSize = whole("nested_blocksize")
    nestedOffset = fields["nested_offset"]?.first.map { Float($0) }
  }
}

/// The numbers, and lists of numbers, of one JSON object; other values are passed over.
enum FlatJSON {
  static func read(_ bytes: [UInt8]) -> [String: [Double]] {
    var fields: [String: [Double]] = [:]
    var key: String?
    var at = 0
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        let end = bytes[(at + 1)...].firstIndex(of: UInt8(ascii: "\"")) ?? bytes.count - 1
        let text = String(decoding: bytes[(at + 1)..<max(end, at + 1)], as: UTF8.self)
        at = end + 1
        // A text behind a colon is a value.
        if let next = bytes[min(at, bytes.count)...].first(where: { !isBlank($0) }) {
          key = next == UInt8(ascii: ":") ? text : nil
        }
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        let end = bytes[at...].firstIndex { !isOfNumber($0) } ?? bytes.count
        let number = Double(String(decoding: bytes[at..<end], as: UTF8.self))
        if let key, let number, number.isFinite { fields[key, default: []].append(number) }
        at = end
      default: at += 1
      }
    }
    return fields
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || [
        UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
        UInt8(ascii: "E"),
      ].contains(byte)
  }
}
