@testable import EspalierCheckpoint

/// Makes sorted tables as LevelDB lays them out, right or wrong as a test wants them.
struct TableFile {
  typealias Entry = (key: [UInt8], value: [UInt8])

  private(set) var bytes: [UInt8] = []
  private var handles: [Entry] = []

  /// Appends a block of entries; `pack` makes its bytes what is stored under Snappy's number.
  mutating func add(
    _ entries: [Entry], lastKey: [UInt8]? = nil, restartEvery: Int = 16,
    pack: (([UInt8]) -> [UInt8])? = nil
  ) {
    add(
      block: Self.block(entries, restartEvery: restartEvery), lastKey ?? entries.last?.key ?? [],
      pack)
  }

  mutating func add(
    block: [UInt8], _ lastKey: [UInt8], _ pack: (([UInt8]) -> [UInt8])? = nil
  ) {
    handles.append((lastKey, append(pack?(block) ?? block, isPacked: pack != nil)))
  }

  /// The whole file.
  func finished(index: [Entry]? = nil) -> [UInt8] {
    var file = self
    let metadata = file.append(Self.block([]), isPacked: false)
    let place = file.append(
      Self.block(index ?? handles, restartEvery: 1), isPacked: false)
    let footer = metadata + place
    return file.bytes + footer + [UInt8](repeating: 0, count: 40 - footer.count)
      + SSTable.signature
  }

  /// Returns where it is, as the index says it.
  private mutating func append(_ block: [UInt8], isPacked: Bool) -> [UInt8] {
    let place = Self.varint(bytes.count) + Self.varint(block.count)
    let sealed = block + [isPacked ? 1 : 0]
    bytes += sealed + Self.word(CRC32C.masked(sealed))
    return place
  }

  static func block(_ entries: [Entry], restartEvery: Int = 16) -> [UInt8] {
    var bytes: [UInt8] = []
    var restarts: [Int] = entries.isEmpty ? [0] : []
    var last: [UInt8] = []
    for (number, entry) in entries.enumerated() {
      var shared = 0
      if number % restartEvery == 0 {
        restarts.append(bytes.count)
      } else {
        shared = zip(last, entry.key).prefix { $0 == $1 }.count
      }
      bytes += varint(shared) + varint(entry.key.count - shared) + varint(entry.value.count)
      bytes += entry.key[shared...] + entry.value
      last = entry.key
    }
    return bytes + restarts.flatMap { word(UInt32($0)) } + word(UInt32(restarts.count))
  }

  static func word(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian, Array.init)
  }

  static func varint(_ value: Int) -> [UInt8] {
    var rest = UInt64(bitPattern: Int64(value))
    var bytes: [UInt8] = []
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  /// A protobuf field: a number, or bytes.
  static func field(_ number: Int, _ value: Int) -> [UInt8] { varint(number << 3) + varint(value) }
  static func field(_ number: Int, _ value: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(value.count) + value
  }

  /// Snappy with nothing but literals.
  static func literals(_ bytes: [UInt8]) -> [UInt8] {
    var packed = varint(bytes.count)
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(60)
      packed += [UInt8(piece.count - 1) << 2] + piece
      rest = rest.dropFirst(60)
    }
    return packed
  }
}
