import EspalierTree

/// The bytes of a storage with some of its arrays written over.
struct StorageComposer {
  let region: ByteRegion
  let isBigEndian: Bool
  let views: [TorchStorageEdit.View]
  let source: any TensorSource

  /// Bytes of the storage held at a time; the arrays are read once for each such window. A multiple of
  /// every element size, so that no element is cut.
  private static let window = 128 << 20

  func compose(_ append: ([UInt8]) throws -> Void) throws {
    var start = 0
    while start < region.count {
      let count = min(Self.window, region.count - start)
      var bytes = try region.read(at: start, count: count)
      try bytes.withUnsafeMutableBytes { window in
        for view in views { try scatter(view, into: window, at: start) }
      }
      try append(bytes)
      start += count
    }
  }

  private func scatter(
    _ view: TorchStorageEdit.View, into window: UnsafeMutableRawBufferPointer, at start: Int
  ) throws {
    let size = view.array.dtype.bytesPerBlock
    let component = isBigEndian ? view.array.dtype.componentSize : 1
    var position = ElementPosition(view.array)
    try source.withChunks(of: view.leaf) { chunk in
      var at = 0
      while at + size <= chunk.count {
        let run = min(position.run, (chunk.count - at) / size)
        let items = Items(
          from: UnsafeRawBufferPointer(rebasing: chunk[at..<at + run * size]),
          place: position.element * size - start, step: position.step * size)
        switch size {
        case 1: items.put(UInt8.self, into: window)
        case 2 where component == 1: items.put(UInt16.self, into: window)
        case 4 where component == 1: items.put(UInt32.self, into: window)
        case 8 where component == 1: items.put(UInt64.self, into: window)
        default: items.put(size: size, component: component, into: window)
        }
        position.advance(by: run)
        at += run * size
      }
    }
  }
}

/// Elements side by side that go to places a step apart, in bytes. Those outside the window are for
/// another one.
private struct Items {
  let from: UnsafeRawBufferPointer
  let place: Int
  let step: Int

  func put<T: BitwiseCopyable>(_ type: T.Type, into window: UnsafeMutableRawBufferPointer) {
    let size = MemoryLayout<T>.size
    var to = place
    for at in stride(from: 0, to: from.count, by: size) {
      if to >= 0, to <= window.count - size {
        window.storeBytes(
          of: from.loadUnaligned(fromByteOffset: at, as: T.self), toByteOffset: to, as: T.self)
      }
      to += step
    }
  }

  /// - Parameter component: bytes of the numbers that are turned; 1 for none.
  func put(size: Int, component: Int, into window: UnsafeMutableRawBufferPointer) {
    var to = place
    for at in stride(from: 0, to: from.count, by: size) {
      if to >= 0, to <= window.count - size {
        for k in 0..<size {
          window[to + k] = from[at + k / component * component + component - 1 - k % component]
        }
      }
      to += step
    }
  }
}

/// An element of an array, in C order, and where it lies in the storage.
private struct ElementPosition {
  private let shape: [Int]
  private let strides: [Int]
  private var index: [Int]
  /// In elements of the storage.
  private(set) var element: Int

  init(_ array: ArrayDescription) {
    shape = array.shape.dimensions
    strides = array.layout.strides(for: array.shape)
    index = [Int](repeating: 0, count: shape.count)
    element = array.layout.offset()
  }

  /// How many elements follow along the last axis, this one included.
  var run: Int { shape.last.map { $0 - index[index.count - 1] } ?? 1 }
  /// From one of them to the next.
  var step: Int { strides.last ?? 0 }

  /// At most to the end of the run. All places lie inside the storage, which was checked on opening.
  mutating func advance(by count: Int) {
    var axis = shape.count - 1
    guard axis >= 0 else { return }
    index[axis] += count
    element += count * strides[axis]
    while axis > 0, index[axis] == shape[axis] {
      element += strides[axis - 1] - shape[axis] * strides[axis]
      index[axis] = 0
      index[axis - 1] += 1
      axis -= 1
    }
  }
}
