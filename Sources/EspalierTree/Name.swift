/// One component of a key path, as the bytes the file holds.
///
/// Names are compared byte for byte: two spellings of the same text in different Unicode
/// normalisation forms are two names. Text is made only where it is drawn, by ``visibleText(_:)``.
public struct Name: Hashable, Sendable, Comparable {
  /// The bytes as the file has them.
  public var bytes: [UInt8]

  /// A name of these bytes.
  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
  /// A name in UTF-8.
  public init(_ text: String) { bytes = Array(text.utf8) }

  /// Natural order: runs of digits compare as numbers, so that layer 2 stands before layer 10.
  public static func < (a: Name, b: Name) -> Bool {
    a.bytes.withUnsafeBytes { a in b.bytes.withUnsafeBytes { b in naturalCompare(a, b) < 0 } }
  }
}

extension Name: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { self.init(value) }
}

extension Name: CustomStringConvertible {
  /// Safe to print: control and invisible characters are spelled out.
  public var description: String { visibleText(bytes) }
}

/// Compares two names in natural order; negative when `a` stands first, zero when they are equal
/// byte for byte.
public func naturalCompare(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
  var i = 0
  var j = 0
  while i < a.count, j < b.count {
    if isDigit(a[i]), isDigit(b[j]) {
      let (startA, endA) = digits(a, from: i)
      let (startB, endB) = digits(b, from: j)
      if endA - startA != endB - startB { return (endA - startA) - (endB - startB) }
      for k in 0..<(endA - startA) where a[startA + k] != b[startB + k] {
        return Int(a[startA + k]) - Int(b[startB + k])
      }
      i = endA
      j = endB
    } else {
      if a[i] != b[j] { return Int(a[i]) - Int(b[j]) }
      i += 1
      j += 1
    }
  }
  let rest = (a.count - i) - (b.count - j)
  return rest != 0 ? rest : byteCompare(a, b)  // equal but for leading zeros: a total order
}

/// The run of digits that begins at `start`, without its leading zeros.
private func digits(_ s: UnsafeRawBufferPointer, from start: Int) -> (start: Int, end: Int) {
  var end = start
  while end < s.count, isDigit(s[end]) { end += 1 }
  var first = start
  while first < end - 1, s[first] == UInt8(ascii: "0") { first += 1 }
  return (first, end)
}

private func byteCompare(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
  for k in 0..<min(a.count, b.count) where a[k] != b[k] { return Int(a[k]) - Int(b[k]) }
  return a.count - b.count
}

@inline(__always) private func isDigit(_ c: UInt8) -> Bool { c &- 0x30 < 10 }
