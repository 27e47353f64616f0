import Dispatch
import Synchronization

/// Runs two pieces of work at once, the first on another core, and waits for both. Where no core is
/// free the first is done here as well, after the second: callers in any number, on whatever queue,
/// never wait for each other.
///
/// - Parameter aside: shares nothing that changes; the compiler sees to that.
func together<One: Sendable, Two>(
  aside: @escaping @Sendable () -> One, here: () -> Two
) -> (One, Two) {
  let work = WorkAside(aside)
  DispatchQueue.global(qos: .userInitiated).async { work.begin() }
  let two = here()
  work.begin()
  return (work.wait(), two)
}

/// Work that is done once, by whoever begins first.
private final class WorkAside<Value: Sendable>: Sendable {
  private let work: @Sendable () -> Value
  private let isBegun = Atomic(false)
  private let result = Mutex<Value?>(nil)
  private let isDone = DispatchSemaphore(value: 0)

  init(_ work: @escaping @Sendable () -> Value) { self.work = work }

  func begin() {
    guard !isBegun.exchange(true, ordering: .acquiringAndReleasing) else { return }
    let value = work()
    result.withLock { $0 = value }
    isDone.signal()
  }

  /// The result, once `begin` was called.
  func wait() -> Value {
    isDone.wait()
    return result.withLock { $0 } ?? work()
  }
}
