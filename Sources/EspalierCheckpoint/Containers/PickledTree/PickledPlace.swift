import EspalierTree

/// Where the values of a tensor lie.
enum PickledPlace: Sendable {
  /// The bytes of a storage.
  enum Bytes: Sendable {
    /// As they are in the file, read in place.
    case region(ByteRegion)
    /// A compressed member, inflated when it is read; its values begin at an offset in it.
    case compressed(ZipArchive, ZipEntry, from: Int)
    /// Spelled in the pickle in another way.
    case memory([UInt8])

    var count: Int {
      switch self {
      case .region(let region): region.count
      case .compressed(_, let entry, let start): entry.size - start
      case .memory(let bytes): bytes.count
      }
    }
  }

  case bytes(Bytes, isBigEndian: Bool)
  /// There are none, and why.
  case nowhere(String)
}

/// A compressed member that was unpacked into memory to be read as a file.
struct UnpackedMember: Sendable {
  let file: InputFile
  let zip: ZipArchive
  let entry: ZipEntry
}

extension ArrayDescription {
  /// The bytes of its storage that hold the elements in C order, side by side; nil where they lie
  /// otherwise.
  var contiguousRange: Range<Int>? {
    guard let elements = elementCount, let count = byteCount else { return nil }
    if elements == 0 { return 0..<0 }
    // Strides of axes with one index mean nothing.
    let strides = layout.strides(for: shape)
    let wanted = shape.contiguousStrides(.row)
    let isContiguous = shape.dimensions.indices.allSatisfy {
      shape.dimensions[$0] == 1 || strides[$0] == wanted[$0]
    }
    guard isContiguous else { return nil }
    let start = layout.offset().multipliedReportingOverflow(by: dtype.bytesPerBlock)
    let end = start.partialValue.addingReportingOverflow(count)
    return start.overflow || end.overflow ? nil : start.partialValue..<end.partialValue
  }
}
