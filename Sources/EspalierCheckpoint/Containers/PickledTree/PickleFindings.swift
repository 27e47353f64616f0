import EspalierTree

/// What a user should know of a PyTorch file before handing it to Python.
struct PickleFindings {
  private(set) var all: [Finding] = []
  private var seen: Set<PickleGlobal> = []
  private var sparseCount = 0
  private var unreadableCount = 0

  /// Only so many of a kind are told one by one.
  private static let limit = 100

  mutating func note(globals: [PickleGlobal]) {
    for global in globals where seen.insert(global).inserted {
      let name = visibleText(global.fullName)
      switch global.risk {
      case .data: break
      case .unknown:
        // Classes of TorchScript are compiled from the archive itself, not imported.
        if global.module.starts(with: "__torch__".utf8) { continue }
        if global.module.starts(with: "torch.jit._pickle".utf8) { continue }
        add(
          .note, "unknown-global", global.fullName,
          "it names \(name), which Python would import; here it is only a name")
      case .dangerous:
        add(
          .danger, "dangerous-global", global.fullName,
          "it names \(name): loading it with Python's pickle could run code. "
            + "Here nothing of it was run")
      }
    }
  }

  mutating func sparse(_ path: TreePath) {
    sparseCount += 1
    guard sparseCount <= Self.limit else { return }
    add(
      .note, "sparse-tensor", path.flatName.bytes,
      "\(path) is a sparse tensor: its indices and values are shown, the whole is not loaded")
  }

  mutating func unreadable(_ path: TreePath, _ type: [UInt8]) {
    unreadableCount += 1
    guard unreadableCount <= Self.limit else { return }
    add(
      .warning, "unreadable-tensor", path.flatName.bytes,
      "\(path) is a tensor of a kind that is not read (\(visibleText(type)))")
  }

  private mutating func add(
    _ severity: Finding.Severity, _ code: String, _ place: [UInt8], _ sentence: String
  ) {
    all.append(Finding(severity, code: code, place: place, sentence: sentence))
  }
}
