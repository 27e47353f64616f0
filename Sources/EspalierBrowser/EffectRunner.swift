import Espalier
import EspalierUI
import Synchronization

/// Carries out what the interface asks for, away from the thread that draws. Results go to the inbox.
final class EffectRunner: Sendable {
  let inbox: Inbox
  let jobs = Jobs()
  let opened = Mutex(OpenedSides())

  /// What the answers of earlier effects refer to.
  struct OpenedSides: Sendable {
    var destination: (any TensorSource)?
    var source: (any TensorSource)?
    /// The source as rules have made it, and the request that asked for it.
    var repaired: (number: Int, source: RepairedSource)?
    var destinationFile: Checkpoint?
    var sourceFile: Checkpoint?
    /// The result of a load that has not been saved yet.
    var loaded: LoadedSource?

    /// The values of a side's tree; nil when rules have changed the source since.
    func values(_ side: Side, _ repair: Repair?) -> (any TensorSource)? {
      if side == .destination { return destination }
      guard let repair else { return source }
      return repaired?.number == repair.number ? repaired?.source : nil
    }
  }

  init(_ inbox: Inbox) { self.inbox = inbox }

  /// Puts a model that lives in the program on the destination's side.
  func useModel(_ model: any TensorSource) {
    opened.withLock { $0.destination = model }
  }

  func stop() { jobs.stopAll() }

  func run(_ effect: Effect) {
    switch effect {
    case .open(let side, let path, let root): open(side, path, root: root)
    case .plan(let request): plan(request)
    case .find(let request): find(request)
    case .diagnose(let request): diagnose(request)
    case .repair(let request): repair(request)
    case .readRules(let path, let destination, let source): readRules(path, destination, source)
    case .saveRules(let path, let request, let replace): saveRules(path, request, replace: replace)
    case .readStatistics(let side, let leaf, let repair): readStatistics(side, leaf, repair)
    case .load(let mode, let comparison): load(mode, comparison)
    case .save(let path, let format, let replace): save(path, format, replace: replace)
    case .completePath(let start): completePath(start)
    case .cancel:
      jobs.stop(.plan)
      jobs.stop(.result)
    case .copyToClipboard, .suspend, .redraw, .setMouse, .quit: break  // the session's own
    }
  }

  /// Follows a job for the progress bar, and lets it be stopped.
  func monitor(_ token: Jobs.Token) -> ProgressMonitor {
    let clock = ContinuousClock()
    let start = clock.now
    let last = Mutex(start)
    return ProgressMonitor { [inbox] done, total in
      if token.isStopped { return false }
      let now = clock.now
      let isDue = last.withLock { last in
        guard last.duration(to: now) >= .milliseconds(60) || done == total else { return false }
        last = now
        return true
      }
      if isDue {
        let seconds = start.duration(to: now) / .seconds(1)
        inbox.send(.progress(done: done, total: total, seconds: seconds))
      }
      return true
    }
  }
}

/// An error as the sentence for the message line.
func sentence(_ error: any Error) -> String {
  (error as? CheckpointError)?.sentence ?? "\(error)"
}
