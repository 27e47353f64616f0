import Espalier
import EspalierUI

extension EffectRunner {
  func plan(_ request: PlanRequest) {
    jobs.run(.plan) { [self] token in
      do {
        let pairing = request.pairing()
        guard !token.isStopped else { return }
        guard request.source != nil else {
          inbox.send(.planned(request.number, Comparison(pairing, plan: nil)))
          return
        }
        let sides = opened.withLock { $0 }
        let options = LoadOptions(
          nothingKeeps: request.options.nothingKeeps,
          ignoreInactive: request.options.ignoreInactive)
        let plan = try LoadPlan(
          pairing.planned, mode: .lenient, options: options, destination: sides.destination,
          source: sides.values(.source, request.source?.repair), progress: monitor(token))
        guard !token.isStopped else { return }
        inbox.send(.planned(request.number, Comparison(pairing, plan: plan)))
      } catch is Cancelled {
        inbox.send(.cancelled)
      } catch {
        inbox.send(.planFailed(request.number, sentence: sentence(error)))
      }
    }
  }

  func find(_ request: FindRequest) {
    jobs.run(.find) { [self] token in
      var finder = RowFinder(request)
      while !finder.advance(rows: 50_000) {
        if token.isStopped { return }
      }
      inbox.send(.found(finder.result))
    }
  }

  /// Binds the plan to its values. They are read and converted when they are saved or looked at, so
  /// that memory stays flat; nothing has been changed until then. A model of the program has no
  /// such time later: it takes its values now.
  func load(_ mode: LoadMode, _ comparison: Comparison) {
    jobs.run(.result) { [self] token in
      do {
        let sides = opened.withLock { $0 }
        guard var plan = comparison.plan, let destination = sides.destination,
          let source = sides.values(.source, comparison.repair)
        else {
          inbox.send(.loadFailed(sentence: "the rules have changed meanwhile; load again"))
          return
        }
        plan.mode = mode
        let loaded = try LoadedSource(plan, destination: destination, source: source)
        if let model = destination as? any LiveModel {
          try model.take(loaded, progress: monitor(token))
        }
        opened.withLock { $0.loaded = loaded }
        inbox.send(.loaded(mode))
      } catch is Cancelled {
        inbox.send(.cancelled)
      } catch {
        inbox.send(.loadFailed(sentence: sentence(error)))
      }
    }
  }

  func save(_ path: String, _ format: String, replace: Bool) {
    jobs.run(.result) { [self] token in
      let sides = opened.withLock { $0 }
      guard let loaded = sides.loaded else {
        inbox.send(
          .saveFailed(sentence: "nothing has been loaded yet, so there is nothing to save"))
        return
      }
      do {
        let report = try Checkpoint.save(
          SaveRequest(
            loaded, like: sides.destinationFile, to: FilePath(path),
            format: format == sides.destinationFile?.format.name ? nil : format, replace: replace,
            inputs: (sides.destinationFile?.files ?? []) + (sides.sourceFile?.files ?? []),
            monitor: monitor(token)))
        let size = report.files.reduce(0) { $0 + $1.size }
        var text = "saved and verified, \(report.arrays) arrays, \(size) bytes: \(path)"
        if let loss = report.losses.first { text += "; \(loss)" }
        inbox.send(.saved(path: path, sentence: text))
      } catch is Cancelled {
        inbox.send(.cancelled)
      } catch let error as CheckpointError where error.code == .exists && !replace {
        inbox.send(
          .saveWouldReplace(
            path: path, format: format, sentence: "There is a file \(path) already."))
      } catch {
        inbox.send(.saveFailed(sentence: sentence(error)))
      }
    }
  }
}
