import Dispatch

/// Runs two pieces of work at once, the first on another core, and waits for both.
///
/// - Parameter aside: shares nothing that changes; the compiler sees to that.
func together<One: Sendable, Two>(
  aside: @escaping @Sendable () -> One, here: () -> Two
) -> (One, Two) {
  let slot = ResultSlot<One>()
  let work = DispatchWorkItem { slot.value = aside() }
  DispatchQueue.global(qos: .userInitiated).async(execute: work)
  let two = here()
  work.wait()
  // A work item that was waited for has run.
  guard let one = slot.value else { return (aside(), two) }
  return (one, two)
}

/// Written by the one who works and read after that.
private final class ResultSlot<Value: Sendable>: @unchecked Sendable {
  var value: Value?
}
