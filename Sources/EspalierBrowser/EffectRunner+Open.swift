import Espalier
import EspalierUI

extension EffectRunner {
  func open(_ side: Side, _ path: String, root: String?) {
    jobs.run(side == .destination ? .openDestination : .openSource) { [self] token in
      do {
        let file = try Checkpoint.open(FilePath(path), options: OpenOptions(root: root))
        guard !token.isStopped else { return }
        opened.withLock { sides in
          sides.loaded = nil
          sides.repaired = nil
          if side == .destination {
            sides.destination = file
            sides.destinationFile = file
          } else {
            sides.source = file
            sides.sourceFile = file
          }
        }
        inbox.send(
          .opened(side, OpenFile(file, namesBeginAtRoot: side == .destination || root != nil)))
      } catch {
        if !token.isStopped { inbox.send(.openFailed(side, sentence: sentence(error))) }
      }
    }
  }

  func completePath(_ start: String) {
    jobs.run(.find) { [self] token in
      let paths = pathCompletions(start)
      if !token.isStopped { inbox.send(.completions(paths)) }
    }
  }
}

extension OpenFile {
  /// - Parameter namesBeginAtRoot: whether names in rules begin where the weights do. Of a source whose
  ///   container nobody named they begin at the file's own root, so that the container is a cause.
  init(_ file: Checkpoint, namesBeginAtRoot: Bool) {
    self.init(
      path: file.path.description, format: file.format.name, byteCount: file.size, tree: file.tree,
      rootNode: file.root, root: file.rootPath.isRoot ? nil : file.rootPath.description,
      note: file.findings.first { $0.severity == .danger }?.sentence ?? file.notes.first)
    nameRoot = namesBeginAtRoot ? file.root : .root
    notes = file.findings.map(\.sentence) + file.notes
    metadata = file.metadata.map { entry in
      switch entry.value {
      case .value(.text(let text)), .json(let text): FileFact(entry.key, text)
      case .value(let value): FileFact(entry.key, Array(value.description.utf8))
      }
    }
    reversesShapes = file.repairSide().reversesShapes
  }
}
