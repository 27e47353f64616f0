import EspalierTree

/// A pickle and the storages beside it, whose objects become a tree.
protocol PickleContainer {
  var file: FilePath { get }
  var document: PickleDocument { get }
  var isBigEndian: Bool { get }

  /// The bytes of a storage; nil where there is none of that key.
  func bytes(ofStorage key: [UInt8]) throws -> PickledPlace.Bytes?
  /// A range of the file that the pickle lies in.
  func region(_ range: Range<Int>) throws -> ByteRegion
}
