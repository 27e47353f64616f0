import Dispatch
import EspalierUI
import Synchronization

/// Work in the background, by kind: a newer job of a kind stops the one before.
final class Jobs: Sendable {
  enum Kind: Hashable {
    case openDestination, openSource, plan, find, diagnose, rules, result
    /// One for each side: a row is measured on both at once.
    case statistics(Side)

    var readsValues: Bool {
      switch self {
      case .statistics, .result: true
      default: false
      }
    }
  }

  /// A job looks at this between pieces of work.
  final class Token: Sendable {
    private let stopped = Atomic<Bool>(false)
    var isStopped: Bool { stopped.load(ordering: .relaxed) }
    func stop() { stopped.store(true, ordering: .relaxed) }
  }

  private let tokens = Mutex<[Kind: Token]>([:])
  private let queue = DispatchQueue(label: "espalier.jobs", attributes: .concurrent)
  /// Reading and writing of values, one after another.
  private let serial = DispatchQueue(label: "espalier.values")

  func run(_ kind: Kind, _ body: @escaping @Sendable (Token) -> Void) {
    let token = Token()
    tokens.withLock { $0.updateValue(token, forKey: kind) }?.stop()
    let target = kind.readsValues ? serial : queue
    target.async { body(token) }
  }

  func stop(_ kind: Kind) { tokens.withLock { $0[kind] }?.stop() }

  func stopAll() { tokens.withLock { for token in $0.values { token.stop() } } }
}
