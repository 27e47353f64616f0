/// What stands after the directory of an archive: how many members there are, and where the directory
/// lies; in a second record beyond 16 and 32 bits.
struct ZipEnd {
  var count: Int
  var directorySize: Int
  /// From the start of the archive.
  var directoryOffset: Int
  /// At most 65,535 bytes about the archive.
  var comment: [UInt8] = []

  private var isLarge: Bool {
    count >= Int(UInt16.max) || directorySize >= Int(UInt32.max)
      || directoryOffset >= Int(UInt32.max)
  }

  /// The records of a new archive.
  var bytes: [UInt8] {
    (isLarge ? large : []) + littleEndianBytes(0x0605_4b50 as UInt32)
      + littleEndianBytes(0 as UInt32) + littleEndianBytes(UInt16(clamping: count))
      + littleEndianBytes(UInt16(clamping: count))
      + littleEndianBytes(UInt32(clamping: directorySize))
      + littleEndianBytes(UInt32(clamping: directoryOffset))
      + littleEndianBytes(UInt16(clamping: comment.count)) + comment
  }

  /// The record for large numbers, and the locator that says where it is.
  private var large: [UInt8] {
    littleEndianBytes(0x0606_4b50 as UInt32) + littleEndianBytes(44 as UInt64)
      + littleEndianBytes(45 as UInt16) + littleEndianBytes(45 as UInt16)
      + littleEndianBytes(0 as UInt32) + littleEndianBytes(0 as UInt32)
      + littleEndianBytes(UInt64(count)) + littleEndianBytes(UInt64(count))
      + littleEndianBytes(UInt64(directorySize)) + littleEndianBytes(UInt64(directoryOffset))
      + littleEndianBytes(0x0706_4b50 as UInt32) + littleEndianBytes(0 as UInt32)
      + littleEndianBytes(UInt64(directoryOffset + directorySize)) + littleEndianBytes(1 as UInt32)
  }

  /// The records that an archive has, comment and all, saying this of its copy.
  ///
  /// - Parameter old: from the end of the directory to the end of the archive.
  func replacing(_ old: [UInt8]) -> [UInt8] {
    // The ordinary record is the one whose comment reaches to the end.
    var place = old.count - 22
    while place > 0 {
      let comment = Int(old[place + 20]) | Int(old[place + 21]) << 8
      if old[place..<place + 4].elementsEqual([0x50, 0x4b, 5, 6]),
        place + 22 + comment == old.count
      {
        break
      }
      place -= 1
    }
    guard place >= 0 else { return bytes }
    var result = old
    func put(_ new: [UInt8], at place: Int) {
      guard place >= 0, place + new.count <= result.count else { return }
      result.replaceSubrange(place..<place + new.count, with: new)
    }
    let hadLarge = old.starts(with: littleEndianBytes(0x0606_4b50 as UInt32)) && place >= 76
    for (value, at) in [(directorySize, place + 12), (directoryOffset, place + 16)] {
      let wasLarge = old[at..<at + 4].allSatisfy { $0 == 0xff }
      if !(hadLarge && wasLarge) { put(littleEndianBytes(UInt32(clamping: value)), at: at) }
    }
    if hadLarge {
      put(littleEndianBytes(UInt64(directorySize)), at: 40)
      put(littleEndianBytes(UInt64(directoryOffset)), at: 48)
      put(littleEndianBytes(UInt64(directoryOffset + directorySize)), at: place - 12)
    } else if isLarge {
      result.insert(contentsOf: large, at: place)
    }
    return result
  }
}
