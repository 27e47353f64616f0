import Glibc

extension PTYProcess {
  /// Feeds the screen until a condition holds. Conditions are looked at between frames only, so
  /// that a half-drawn screen neither passes nor fails. The limit is a safety net, not a delay.
  public func wait(
    for what: String, seconds: Double = 20, until condition: (VTScreen) -> Bool
  ) throws {
    let deadline = monotonicSeconds() + seconds
    while true {
      if !screen.isInFrame, condition(screen) { return }
      let left = deadline - monotonicSeconds()
      guard left > 0 else { throw PTYError.timeout(what, screen: screen.text) }
      if receive(milliseconds: Int32(max(1, left * 1000))) == .end {
        if condition(screen) { return }
        _ = reap()
        throw PTYError.ended(what, status: exitStatus, screen: screen.text)
      }
    }
  }

  /// Waits until a text is on the screen.
  public func wait(forText text: String) throws {
    try wait(for: "\"\(text)\"") { $0.contains(text) }
  }

  /// Waits for the end of the program and returns its status, as a shell shows it.
  @discardableResult
  public func waitForExit(seconds: Double = 20) throws -> Int32 {
    let deadline = monotonicSeconds() + seconds
    while true {
      // Output that lies there when the program ends still counts.
      let isOver = reap()
      let received = receive(milliseconds: isOver ? 0 : 5)
      if isOver, received != .output, let exitStatus { return exitStatus }
      if received == .end { usleep(1000) }
      guard monotonicSeconds() < deadline else {
        throw PTYError.timeout("the end of the program", screen: screen.text)
      }
    }
  }
}

private func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
