import EspalierTerminal
import EspalierUI
import Synchronization

/// Results of work in the background on their way to the thread that owns the interface.
final class Inbox: Sendable {
  private let actions = Mutex<[Action]>([])

  /// From any thread.
  func send(_ action: Action) {
    actions.withLock { waiting in
      // Progress that nobody has seen yet is replaced by newer progress.
      if let last = waiting.last, last.isProgress, action.isProgress { waiting.removeLast() }
      waiting.append(action)
    }
    Terminal.wake()
  }

  func takeAll() -> [Action] {
    actions.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }
}

extension Action {
  fileprivate var isProgress: Bool {
    if case .progress = self { return true }
    return false
  }
}
