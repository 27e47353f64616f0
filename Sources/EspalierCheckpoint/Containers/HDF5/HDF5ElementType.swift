import EspalierTree

/// How elements of a dataset become elements of an array.
struct HDF5ElementType: Sendable, Hashable {
  var dtype: DType
  /// Dimensions inside an element, after the dataset's own.
  var inner: [Int] = []
  /// Bytes of each number, where they are to be reversed; else 1.
  var swapped: Int = 1
}

extension HDF5Datatype {
  /// Nil where elements are not numbers that arrays hold.
  var elementType: HDF5ElementType? {
    switch kind {
    case .integer(let isSigned): return number(Self.integer(size, isSigned: isSigned))
    case .bits: return number(Self.integer(size, isSigned: false))
    case .float(let format): return number(format.dtype(size: size))
    case .enumeration(let base, let names, _):
      // h5py's Boolean.
      let isBoolean =
        size == 1
        && names.map { String(decoding: $0, as: UTF8.self) }.sorted()
          == ["FALSE", "TRUE"]
      return isBoolean ? HDF5ElementType(dtype: .bool) : base.first?.elementType
    case .compound(let members): return complexPair(members)
    case .complex(let base): return base.first.flatMap { complex($0) }
    case .array(let dimensions, let base):
      guard var element = base.first?.elementType else { return nil }
      element.inner = dimensions + element.inner
      return element
    case .text, .variableText: return nil
    case .time, .opaque, .reference, .sequence: return nil
    }
  }

  /// Whether elements are texts.
  var isText: Bool {
    switch kind {
    case .text, .variableText: true
    default: false
    }
  }

  private func number(_ dtype: DType?) -> HDF5ElementType? {
    guard let dtype, isFull else { return nil }
    return HDF5ElementType(dtype: dtype, swapped: isBigEndian ? size : 1)
  }

  private static func integer(_ size: Int, isSigned: Bool) -> DType? {
    switch size {
    case 1: isSigned ? .i8 : .u8
    case 2: isSigned ? .i16 : .u16
    case 4: isSigned ? .i32 : .u32
    case 8: isSigned ? .i64 : .u64
    default: nil
    }
  }

  /// h5py's and Julia's complex numbers: two fields side by side.
  private func complexPair(_ members: [Member]) -> HDF5ElementType? {
    guard members.count == 2, members[0].offset == 0, members[1].type == members[0].type,
      members[1].offset == members[0].type.size, size == 2 * members[0].type.size
    else { return nil }
    let names = members.map { String(decoding: $0.name, as: UTF8.self) }
    guard [["r", "i"], ["re", "im"], ["real", "imag"]].contains(names) else { return nil }
    return complex(members[0].type)
  }

  private func complex(_ base: HDF5Datatype) -> HDF5ElementType? {
    guard let part = base.elementType, part.inner.isEmpty else { return nil }
    switch part.dtype {
    case .f32: return HDF5ElementType(dtype: .c64, swapped: part.swapped)
    case .f64: return HDF5ElementType(dtype: .c128, swapped: part.swapped)
    default: return nil
    }
  }
}

extension HDF5Datatype.FloatFormat {
  /// The type with exactly these bits.
  func dtype(size: Int) -> DType? {
    guard mantissaAt == 0, exponentAt == mantissaBits, signAt == exponentAt + exponentBits,
      signAt == size * 8 - 1
    else { return nil }
    switch (exponentBits, mantissaBits, bias) {
    case (5, 10, 15): return .f16
    case (8, 7, 127): return .bf16
    case (8, 23, 127): return .f32
    case (11, 52, 1023): return .f64
    case (4, 3, 7): return .f8e4m3
    case (5, 2, 15): return .f8e5m2
    default: return nil
    }
  }
}

extension HDF5Datatype {
  /// The type in words, for leaves that are not arrays.
  var summary: String {
    switch kind {
    case .integer(let isSigned):
      return "\(isSigned ? "signed" : "unsigned") \(size * 8)-bit integer"
    case .float(let format):
      return "\(1 + format.exponentBits + format.mantissaBits)-bit float in \(size) bytes"
    case .time: return "time"
    case .text: return "text of \(size) bytes"
    case .variableText: return "text"
    case .bits: return "\(size * 8) bits"
    case .opaque: return "\(size) opaque bytes"
    case .compound(let members):
      let names = members.prefix(8).map { String(decoding: $0.name, as: UTF8.self) }
      return "compound {\(names.joined(separator: ", "))\(members.count > 8 ? ", …" : "")}"
    case .reference(let kind): return kind == 0 ? "object reference" : "reference"
    case .enumeration: return "enumeration"
    case .sequence: return "lists of varying length"
    case .array(let dimensions, let base):
      return "array \(dimensions) of \(base.first?.summary ?? "?")"
    case .complex: return "complex number"
    }
  }
}
