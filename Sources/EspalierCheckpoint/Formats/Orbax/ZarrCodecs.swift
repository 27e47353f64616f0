import EspalierTree

/// What was done to the elements of a chunk before they were stored.
struct ZarrCodecs: Sendable {
  enum Step: Sendable, Equatable {
    case zstd, zlib, gzip, blosc
    /// A checksum behind the data.
    case crc32c
  }

  private(set) var isBigEndian = false
  /// In the order in which they were done.
  private(set) var steps: [Step] = []
  /// Why it cannot be undone.
  private(set) var obstacle: String?

  /// Those of version 2, which has one.
  init(compressor: JSONValue?, isBigEndian: Bool) {
    self.isBigEndian = isBigEndian
    guard let compressor, !compressor.isNull else { return }
    add(compressor["id"]?.string, compressor)
  }

  /// The list of version 3.
  init(_ codecs: JSONValue?) {
    for codec in codecs?.elements ?? [] {
      let name = codec["name"]?.string ?? codec.string
      let configuration = codec["configuration"]
      switch name {
      case "bytes", "endian": isBigEndian = configuration?["endian"]?.string == "big"
      case "transpose":
        let order = configuration?["order"]?.elements.map(\.int)
        if order?.enumerated().contains(where: { $0.offset != $0.element }) ?? true {
          obstacle = "its chunks have their axes in another order"
        }
      case "zlib" where configuration == nil: obstacle = "its chunks are compressed with zlib"
      default: add(name, configuration)
      }
    }
  }

  private mutating func add(_ name: String?, _ configuration: JSONValue?) {
    switch name {
    case "zstd": steps.append(.zstd)
    case "zlib": steps.append(.zlib)
    case "gzip": steps.append(.gzip)
    case "crc32c": steps.append(.crc32c)
    case "blosc":
      let method = configuration?["cname"]?.string ?? "blosclz"
      if ["lz4", "lz4hc", "zlib", "zstd"].contains(method) {
        steps.append(.blosc)
      } else {
        obstacle = "its chunks are compressed with \(method)"
      }
    default: obstacle = "its chunks are compressed with \(name ?? "something unknown")"
    }
  }

  /// Undoes everything.
  ///
  /// - Parameter size: bytes that must come out.
  /// - Returns: nil where the data is broken.
  func undo(_ stored: [UInt8], size: Int) -> [UInt8]? {
    var bytes = stored
    for (number, step) in steps.enumerated().reversed() {
      // What an earlier step put behind the elements comes out as well.
      let limit = size + 4 * steps[..<number].count { $0 == .crc32c }
      let plain: [UInt8]? =
        switch step {
        case .zstd: Zstandard.decompress(bytes, limit: limit)
        case .zlib: Inflater.decompress(bytes, format: .zlib, limit: limit)
        case .gzip: Inflater.decompress(bytes, format: .gzip, limit: limit)
        case .blosc: Blosc.decompress(bytes, size: limit)
        case .crc32c: Self.checked(bytes)
        }
      guard let plain else { return nil }
      bytes = plain
    }
    return bytes.count == size ? bytes : nil
  }

  /// Bytes that are added to data of a known size; nil where that depends on the data.
  var addedBytes: Int? { steps.allSatisfy { $0 == .crc32c } ? 4 * steps.count : nil }

  private static func checked(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 4 else { return nil }
    let data = Array(bytes.dropLast(4))
    var sum = CRC32C()
    data.withUnsafeBytes { sum.update($0) }
    let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return sum.value == stored ? data : nil
  }
}
