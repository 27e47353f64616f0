/// An entry in the very form in which the reference library writes it, with another one after it:
///
///     "name":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"
struct PlainEntry {
  var name: HeaderScanner.Text
  /// As ``HeaderScanner/shortString()`` has it.
  var dtype: UInt64
  /// Dimensions, and their product.
  var rank = 0
  var elements = 1
  var begin = 0
  var end = 0
  /// Where the next entry begins.
  var next = 0
}

extension HeaderScanner {
  /// The entry at hand, when it has this form and nothing about it is unusual; nil leaves it to the
  /// reading field by field, which also finds what is wrong. Nothing is taken.
  @inline(__always)
  func plainEntry(_ dimensions: UnsafeMutableBufferPointer<Int>) -> PlainEntry? {
    guard let name = plainString(at: position) else { return nil }
    var at = name.start + name.count + 1
    guard load(at) == Self.dtypeBegins, load(at + 3) == Self.dtypeEnds,
      let (word, length) = shortWord(at: at + 11)
    else { return nil }
    var entry = PlainEntry(name: name, dtype: word)
    at += 11 + length
    guard load(at) == Self.shapeBegins, load(at + 3) == Self.shapeEnds else { return nil }
    at += 11
    if base[at] != UInt8(ascii: "]") {
      while true {
        guard entry.rank < dimensions.count, let dimension = plainNumber(at: &at) else {
          return nil
        }
        let (product, overflow) = entry.elements.multipliedReportingOverflow(by: dimension)
        if overflow { return nil }
        dimensions[entry.rank] = dimension
        entry.rank += 1
        entry.elements = product
        if base[at] != UInt8(ascii: ",") { break }
        at += 1
      }
    }
    guard load(at) == Self.offsetsBegin, load(at + 8) == Self.offsetsGoOn,
      load(at + 10) == Self.offsetsEnd
    else { return nil }
    at += 18
    guard let begin = plainNumber(at: &at), base[at] == UInt8(ascii: ",") else { return nil }
    at += 1
    guard let end = plainNumber(at: &at), isEnd(at) else { return nil }
    (entry.begin, entry.end, entry.next) = (begin, end, at + 3)
    return entry
  }

  /// A number of at most eighteen digits; what follows it is looked at by the caller.
  @inline(__always)
  private func plainNumber(at position: inout Int) -> Int? {
    var value = Int(base[position] &- 0x30)
    guard value <= 9 else { return nil }
    position += 1
    if value == 0 { return 0 }
    let limit = position + 17
    while true {
      let digit = base[position] &- 0x30
      if digit > 9 { return value }
      guard position < limit else { return nil }
      value = value &* 10 &+ Int(digit)
      position += 1
    }
  }

  /// The end of an entry and the quote of the next name.
  @inline(__always)
  private func isEnd(_ position: Int) -> Bool {
    UnsafeRawPointer(base + position).loadUnaligned(as: UInt32.self) == 0x222c_7d5d
  }

  // Eight characters each, as ``load(_:)`` reads them: `:{"dtype` and `dtype":"`; `","shape` and
  // `shape":[`; `],"data_`, `offsets"` and `fsets":[`. Numbers, as in ``field()``.
  private static var dtypeBegins: UInt64 { 0x6570_7974_6422_7b3a }
  private static var dtypeEnds: UInt64 { 0x223a_2265_7079_7464 }
  private static var shapeBegins: UInt64 { 0x6570_6168_7322_2c22 }
  private static var shapeEnds: UInt64 { 0x5b3a_2265_7061_6873 }
  private static var offsetsBegin: UInt64 { 0x5f61_7461_6422_2c5d }
  private static var offsetsGoOn: UInt64 { 0x2273_7465_7366_666f }
  private static var offsetsEnd: UInt64 { 0x5b3a_2273_7465_7366 }
}
