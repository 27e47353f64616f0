import EspalierTree

/// Saves values into a copy of a model and of the files beside it.
///
/// What lies in the model or in another file as plain values is written over in the copy. Values in
/// typed fields are numbers of varying length: new ones would move everything behind them and change
/// the length of every message around them, so they may stay as they are but not change. Exporters
/// put weights into plain fields; those others are shapes and indices.
struct ONNXWriter: CheckpointWriter {
  private static let advice = "save as safetensors, or rewrite the model with raw_data first"

  func losses(_ request: SaveRequest) throws -> [String] { try CopyWriter().losses(request) }

  func write(_ request: SaveRequest) throws -> SaveReport {
    try CopyWriter(adviceOnOthers: Self.advice).write(request) { destination in
      try Self.targets(of: destination, request)
    }
  }

  /// The model names the other files, so they keep their names and lie beside it.
  private static func targets(
    of destination: Checkpoint, _ request: SaveRequest
  ) throws(CheckpointError) -> SavePlan {
    var plan = SavePlan(files: [SavePlan.File(path: request.path)])
    guard let model = destination.files.first else { return plan }
    let isReplaced = identity(request.path) == model.identity
    for file in destination.files.dropFirst() {
      let path = try request.path.neighbour(file.path.name)
      guard path != request.path else {
        throw CheckpointError(
          .unsupported, file: request.path,
          found: "the name of a file that holds the model's values",
          expected: "another name", advice: "choose another name for the model")
      }
      if !isReplaced, identity(path) == file.identity {
        throw CheckpointError(
          .exists, file: path,
          found: "a file that “\(visibleText(model.path.name))” has its values in",
          expected: "a folder without it",
          advice: "save into another folder, or over the model itself")
      }
      plan.files.append(SavePlan.File(path: path))
    }
    // The model gets its name last: whoever sees it finds the others.
    plan.lastFile = 0
    return plan
  }

  private static func identity(_ path: FilePath) -> FileIdentity? {
    (try? SystemCalls().status(path)).map { FileIdentity($0) }
  }
}
