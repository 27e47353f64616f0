/// The stack, its marks, and what was put aside.
extension PickleMachine {
  mutating func push(_ id: PickleID) throws(CheckpointError) {
    try checkStack()
    stack.append(id)
  }

  func checkStack() throws(CheckpointError) {
    guard stack.count + marks.count < limits.stack else {
      throw error(.limitExceeded, "more values on the stack", "at most \(limits.stack)")
    }
  }

  func top() throws(CheckpointError) -> PickleID {
    guard let id = stack.last, stack.count > marks.last ?? 0 else {
      throw error(.malformed, "an empty stack", "a value")
    }
    return id
  }

  mutating func pop() throws(CheckpointError) -> PickleID {
    let id = try top()
    stack.removeLast()
    return id
  }

  mutating func popToMark() throws(CheckpointError) -> [PickleID] {
    guard let mark = marks.popLast() else {
      throw error(.malformed, "no mark on the stack", "a mark")
    }
    let values = Array(stack[mark...])
    stack.removeLast(values.count)
    return values
  }

  mutating func popOrUnmark() throws(CheckpointError) {
    if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
  }

  mutating func pushTuple(_ count: Int) throws(CheckpointError) {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw error(.malformed, "too few values on the stack", "\(count)")
    }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    try push(add(.tuple, children: values))
  }

  mutating func pushMemo(_ number: Int) throws(CheckpointError) {
    guard let id = memo[number] else {
      throw error(.malformed, "memo \(number), which nothing was put into", "a memo set before")
    }
    try push(id)
  }

}
