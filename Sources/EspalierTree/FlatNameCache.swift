/// Where the separators of the last flat name stood, and which nodes its prefixes led to.
struct FlatNameCache {
  private var name = ContiguousArray<UInt8>()
  private var count = 0
  private var parent: Int32 = -1
  private var separator: UInt8 = 0
  private var stack = ContiguousArray<(end: Int, node: TreeBuilder.Handle)>()
  /// How many segments of the name are known.
  private(set) var depth = 0

  /// How much of `name` is known already: where to go on, and from which node.
  @inline(__always)
  mutating func resume(
    _ next: UnsafeRawBufferPointer, separator: UInt8, under parent: TreeBuilder.Handle
  ) -> (start: Int, node: TreeBuilder.Handle) {
    let common = replaceName(by: next)
    guard parent.raw == self.parent, separator == self.separator else {
      self.parent = parent.raw
      self.separator = separator
      depth = 0
      return (0, parent)
    }
    while depth > 0, stack[depth - 1].end >= common { depth -= 1 }
    guard depth > 0 else { return (0, parent) }
    return (stack[depth - 1].end + 1, stack[depth - 1].node)
  }

  /// - Returns: how many bytes the two begin with in common.
  @inline(__always)
  private mutating func replaceName(by next: UnsafeRawBufferPointer) -> Int {
    if name.count < next.count {
      name.append(contentsOf: repeatElement(0, count: 2 * next.count - name.count))
    }
    let known = count
    count = next.count
    return name.withUnsafeMutableBytes { bytes in
      let common = commonPrefix(UnsafeRawBufferPointer(rebasing: bytes[..<known]), next)
      UnsafeMutableRawBufferPointer(rebasing: bytes[common...])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: next[common...]))
      return common
    }
  }

  @inline(__always)
  mutating func push(end: Int, node: TreeBuilder.Handle) {
    if depth < stack.count { stack[depth] = (end, node) } else { stack.append((end, node)) }
    depth += 1
  }
}
