/// How a segment of a key path is attached to what stands before it.
///
/// Files nest in two ways: by containers (a dictionary in a dictionary, a group in a group) and by
/// separators inside one name (`conv1.weight`). A tree nests by both; the joint remembers which.
public enum Joint: UInt8, Sendable, Hashable {
  /// A container level of its own: a key, a field or an index.
  case level
  /// A part of a dotted name.
  case dot
  /// A part of a name with slashes.
  case slash
}

/// The path from the root of a tree to a node.
public struct TreePath: Hashable, Sendable {
  /// One step of a path.
  public struct Segment: Hashable, Sendable {
    /// The name of the step.
    public var name: Name
    /// How it is attached to what stands before it.
    public var joint: Joint

    /// A step, a container level of its own where nothing else is said.
    public init(_ name: Name, joint: Joint = .level) {
      self.name = name
      self.joint = joint
    }
  }

  /// The steps from the root on; none for the root.
  public var segments: [Segment]

  /// A path of these steps.
  public init(_ segments: [Segment] = []) { self.segments = segments }

  /// A path of container levels, dotted names uncut.
  public init(components: [Name]) { segments = components.map { Segment($0) } }

  /// The path of the root.
  public static let root = TreePath()
  /// Whether the path has no steps.
  public var isRoot: Bool { segments.isEmpty }

  /// The names as the file has them: one for each container level, dotted names whole.
  public var components: [Name] {
    var result: [Name] = []
    for segment in segments {
      switch segment.joint {
      case .dot where !result.isEmpty:
        result[result.count - 1].bytes += [UInt8(ascii: ".")] + segment.name.bytes
      case .slash where !result.isEmpty:
        result[result.count - 1].bytes += [UInt8(ascii: "/")] + segment.name.bytes
      default: result.append(segment.name)
      }
    }
    return result
  }

  /// All segments in one name: slashes where the file has them, dots everywhere else.
  public var flatName: Name {
    var bytes: [UInt8] = []
    for (index, segment) in segments.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: segment.joint == .slash ? "/" : ".")) }
      bytes += segment.name.bytes
    }
    return Name(bytes)
  }

  /// The path one step further down.
  public func appending(_ name: Name, joint: Joint = .level) -> TreePath {
    TreePath(segments + [Segment(name, joint: joint)])
  }
}

extension TreePath: CustomStringConvertible {
  public var description: String { flatName.description }
}
