/// A heap of candidates; of equal scores the earlier candidate comes first.
struct BestFirst {
  private var heap: [(at: Int, score: Double)] = []

  mutating func push(_ at: Int, _ score: Double) {
    heap.append((at, score))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard precedes(child, parent) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> (at: Int, score: Double)? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return top }
    heap[0] = last
    var parent = 0
    while 2 * parent + 1 < heap.count {
      let (left, right) = (2 * parent + 1, 2 * parent + 2)
      let best = right < heap.count && precedes(right, left) ? right : left
      guard precedes(best, parent) else { break }
      heap.swapAt(best, parent)
      parent = best
    }
    return top
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    (heap[a].score, -heap[a].at) > (heap[b].score, -heap[b].at)
  }
}
