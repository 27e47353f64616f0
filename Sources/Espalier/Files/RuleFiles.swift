extension RuleSet {
  /// Reads a rules file.
  ///
  /// - Throws: ``RuleError`` for what it says, ``CheckpointError`` for a file that cannot be read.
  public init(contentsOf path: FilePath) throws {
    let file = try InputFile(path)
    guard file.size <= Self.sizeLimit else {
      throw CheckpointError(
        .limitExceeded, file: path, found: "\(file.size) bytes",
        expected: "at most \(Self.sizeLimit) bytes of rules")
    }
    let bytes = try file.read(at: 0, count: file.size)
    try self.init(toml: bytes, file: "\(path)")
  }

  /// Writes a rules file, whole or not at all.
  ///
  /// - Parameters:
  ///   - path: where the file goes.
  ///   - diagnoses: what the rules repair; said above them.
  ///   - replace: whether a file of this name may be replaced.
  /// - Throws: ``CheckpointError``. A file at `path` is as it was then.
  public func write(
    to path: FilePath, explaining diagnoses: [Diagnosis] = [], replace: Bool = false
  ) throws {
    try writeText(toml(explaining: diagnoses), to: path, replace: replace)
  }
}

/// Writes a text file, whole or not at all.
public func writeText(_ text: String, to path: FilePath, replace: Bool = false) throws {
  let file = try AtomicFile(path, options: SaveOptions(replace: replace))
  try file.append(Array(text.utf8))
  try file.prepare()
  try file.commit()
}
