/// Which axis of a matrix is the output: the one that the bias beside it is as long as.
enum Orientation {
  static func outputFirst(_ slots: [Slot], _ names: NameTable) -> Bool? {
    var biases: [ArraySlice<Int>: Int] = [:]
    for slot in slots where slot.shape.count == 1 {
      guard let leaf = slot.path.last, names.role(leaf) == .bias else { continue }
      biases[slot.path.dropLast()] = slot.shape[0]
    }
    var first = 0
    var last = 0
    var kernels = 0
    for slot in slots {
      let shape = squeeze(slot.shape)
      guard shape.count == 2, slot.shape.count <= 3, let leaf = slot.path.last else { continue }
      if names.text(leaf) == "kernel" { kernels += 1 }
      guard shape[0] != shape[1] else { continue }
      guard let bias = biases[slot.path.dropLast()] else { continue }
      if bias == shape[0] { first += 1 } else if bias == shape[1] { last += 1 }
    }
    if first != last { return first > last }
    if kernels > 0 { return false }
    return nil
  }
}
