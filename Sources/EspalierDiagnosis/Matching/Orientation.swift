/// Which axis of a matrix is the output: the one that the bias beside it is as long as.
enum Orientation {
  static func outputFirst(_ slots: [Slot], _ names: NameTable) -> Bool? {
    var directories = PrefixTable()
    var biases = NumberedValues<Int>()
    func directory(_ path: [Int]) -> Int {
      let length = path.count - 1
      return directories.prefixes(of: path, length: length)[length]
    }
    for slot in slots where slot.shape.count == 1 {
      guard let leaf = slot.path.last, names.role(leaf) == .bias else { continue }
      biases[directory(slot.path)] = slot.shape[0]
    }
    var first = 0
    var last = 0
    var kernels = 0
    for slot in slots {
      guard (2...3).contains(slot.shape.count), !slot.path.isEmpty else { continue }
      let shape = slot.shape.contains(1) ? squeeze(slot.shape) : slot.shape
      guard shape.count == 2 else { continue }
      if names.isKernel(slot.path) { kernels += 1 }
      guard shape[0] != shape[1] else { continue }
      guard let bias = biases[directory(slot.path)] else { continue }
      if bias == shape[0] { first += 1 } else if bias == shape[1] { last += 1 }
    }
    if first != last { return first > last }
    if kernels > 0 { return false }
    return nil
  }
}
