/// Elements in memory to canonical bytes and back.
enum ElementCoding<Element: ModelScalar> {
  static var size: Int { Element.modelScalarType.bytesPerBlock }

  /// Copies the elements from a byte offset on; returns the bytes copied.
  static func read(
    _ elements: UnsafeBufferPointer<Element>, from offset: Int,
    into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    let (total, overflow) = elements.count.multipliedReportingOverflow(by: size)
    guard !overflow, offset >= 0, offset < total else { return 0 }
    let count = min(buffer.count / size, (total - offset) / size)
    let first = offset / size
    let slice = UnsafeBufferPointer(rebasing: elements[first..<first + count])
    if Element.modelScalarIsBitwise {
      buffer.copyMemory(from: UnsafeRawBufferPointer(slice))
    } else if let target = buffer.baseAddress {
      for (index, element) in slice.enumerated() {
        element.storeModelScalar(to: target + index * size)
      }
    }
    return count * size
  }

  /// The elements that canonical bytes spell; nil when they end inside one.
  static func elements(_ bytes: UnsafeRawBufferPointer) -> [Element]? {
    guard size > 0, bytes.count % size == 0 else { return nil }
    guard let base = bytes.baseAddress else { return [] }
    let count = bytes.count / size
    return [Element](unsafeUninitializedCapacity: count) { target, filled in
      if Element.modelScalarIsBitwise {
        UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
      } else {
        for index in 0..<count {
          target.initializeElement(at: index, to: Element.modelScalar(from: base + index * size))
        }
      }
      filled = count
    }
  }
}

/// An array was given a number of elements that does not fill it.
public struct WrongElementCount: Error, Hashable, Sendable, CustomStringConvertible {
  /// Elements that were given.
  public var found: Int
  /// Elements that the array holds.
  public var expected: Int

  /// Too few or too many elements.
  public init(found: Int, expected: Int) {
    self.found = found
    self.expected = expected
  }

  public var description: String { "found \(found) elements, expected \(expected)" }
}
