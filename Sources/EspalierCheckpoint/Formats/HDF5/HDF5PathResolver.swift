/// Follows paths through groups, for soft links.
struct HDF5PathResolver {
  private let metadata: HDF5Metadata
  /// The links of groups that were looked into.
  private var groups: [Int: [[UInt8]: HDF5Link.Target]] = [:]

  /// As in libhdf5: longer chains of links are taken for circles.
  private static let linkLimit = 16
  private static let partLimit = 1024

  init(_ metadata: HDF5Metadata) { self.metadata = metadata }

  /// The address of the object at a path; nil where there is none in this file.
  ///
  /// - Parameter group: the path of the group that the path is relative to.
  mutating func resolve(_ path: [UInt8], from group: [UInt8]) throws(CheckpointError) -> Int? {
    var parts = Self.parts(Self.isAbsolute(path) ? path : group + [UInt8(ascii: "/")] + path)
    var at = metadata.file.root
    var followed = 0
    var steps = 0
    while let part = parts.popLast() {
      steps += 1
      guard steps <= Self.partLimit else { return nil }
      guard let target = try links(at)[Array(part)] else { return nil }
      switch target {
      case .hard(let address): at = address
      case .soft(let next):
        followed += 1
        guard followed <= Self.linkLimit else { return nil }
        parts += Self.parts(next)
        if Self.isAbsolute(next) { at = metadata.file.root }
      case .external, .other: return nil
      }
    }
    return at
  }

  private mutating func links(_ address: Int) throws(CheckpointError) -> [[UInt8]: HDF5Link.Target]
  {
    if let known = groups[address] { return known }
    let header = try HDF5ObjectHeader(metadata, at: address)
    var found: [[UInt8]: HDF5Link.Target] = [:]
    if header.isGroup {
      for link in try metadata.links(of: header).links { found[link.name] = link.target }
    }
    groups[address] = found
    return found
  }

  private static func isAbsolute(_ path: [UInt8]) -> Bool { path.first == UInt8(ascii: "/") }

  /// The parts of a path, the first one last.
  private static func parts(_ path: [UInt8]) -> [ArraySlice<UInt8>] {
    path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual([UInt8(ascii: ".")]) }
      .reversed()
  }
}
