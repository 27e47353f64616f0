import Espalier
import EspalierDiagnosis
import EspalierUI

extension EffectRunner {
  /// Makes the source that rules ask for, in the background, as opening one does.
  func repair(_ request: RepairRequest) {
    jobs.stop(.statistics(.source))
    jobs.run(.plan) { [self] token in
      do {
        let sides = opened.withLock { $0 }
        guard let destination = side(request.destination, sides.destination),
          let source = side(request.source, sides.source)
        else { return }
        let rules = composition(request, destination, source).rules()
        let repaired = try RepairedSource(source, rules: rules, destination: destination)
        guard !token.isStopped else { return }
        let file = OpenFile(request, rules, repaired)
        opened.withLock { $0.repaired = (request.number, repaired) }
        inbox.send(.repaired(request.number, file))
      } catch {
        if token.isStopped { return }
        let text = (error as? RepairError)?.sentence ?? sentence(error)
        inbox.send(.repairFailed(request.number, sentence: "not applied: \(text)"))
      }
    }
  }

  /// Rules that do not fit the two files are refused here, where their file and line are known.
  func readRules(_ path: String, _ destination: OpenFile, _ source: OpenFile) {
    jobs.run(.rules) { [self] token in
      do {
        let rules = try RuleSet(contentsOf: FilePath(path))
        let sides = opened.withLock { $0 }
        guard let left = side(destination, sides.destination),
          let right = side(source, sides.source)
        else { return }
        _ = try rules.repairing(right, destination: left)
        let (rest, skipped) = destination.split(rules.rules)
        guard !token.isStopped else { return }
        inbox.send(.rulesRead(path: path, rules: rest, skipped: skipped))
      } catch {
        inbox.send(.message(Message(sentence(error), .error)))
      }
    }
  }

  func saveRules(_ path: String, _ request: RepairRequest, replace: Bool) {
    jobs.run(.rules) { [self] _ in
      let sides = opened.withLock { $0 }
      guard let destination = side(request.destination, sides.destination),
        let source = side(request.source, sides.source)
      else { return }
      let rules = composition(request, destination, source).rules(withSkips: true)
      do {
        try RuleSet(rules).write(to: FilePath(path), replace: replace)
        inbox.send(.rulesSaved(path: path, count: rules.count))
      } catch let error as CheckpointError where error.code == .exists && !replace {
        inbox.send(
          .rulesWouldReplace(path: path, sentence: "There is a file \(path) already."))
      } catch {
        inbox.send(.message(Message(sentence(error), .error)))
      }
    }
  }

  private func composition(
    _ request: RepairRequest, _ destination: RepairSide, _ source: RepairSide
  ) -> RuleComposition {
    RuleComposition(request, destination: destination.inventory, source: source.inventory)
  }

  /// A side as rules see it; a model of the program has no file.
  func side(_ file: OpenFile, _ values: (any TensorSource)?) -> RepairSide? {
    guard let values else { return nil }
    var side =
      (values as? Checkpoint)?.repairSide(below: file.nameRoot)
      ?? RepairSide(values, nameRoot: file.nameRoot)
    side.root = file.rootNode
    return side
  }
}

extension OpenFile {
  fileprivate init(_ request: RepairRequest, _ rules: [Rule], _ source: RepairedSource) {
    let origins = source.tree.leafIDs.map { leaf in
      source.origin(of: leaf).map {
        Repair.LeafOrigin(sources: $0.sources, operation: $0.operation, rule: $0.rule)
      }
    }
    self = request.source
    tree = source.tree
    rootNode = source.root
    repair = Repair(
      number: request.number, rules: rules, original: request.source, tree: source.tree,
      root: source.root, origins: origins,
      dropped: source.previews.filter { $0.rule.drops }.reduce(0) { $0 + $1.count })
  }
}
