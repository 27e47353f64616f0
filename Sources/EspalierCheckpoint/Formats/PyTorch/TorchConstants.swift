import EspalierTree

/// The tensors that the code of a TorchScript archive names `CONSTANTS.c0`, `CONSTANTS.c1`, …: those
/// that were traced into it, and all weights of a frozen module.
struct TorchConstants {
  private let archive: TorchArchive

  /// - Returns: nil where the archive has none.
  init?(_ archive: TorchArchive) throws {
    guard
      let constants = try TorchArchive(archive, pickle: "constants.pkl", folder: "constants/"),
      !constants.document.elements(constants.document.root).isEmpty
    else { return nil }
    self.archive = constants
  }

  /// Adds them as a branch of their own. Beside parameters they are no part of the state that is
  /// loaded, in PyTorch neither: there they are named, and not arrays.
  func add(to filler: inout PickledTreeFiller) throws {
    let isBeside = filler.holdsArrays
    let branch = try filler.builder.node("CONSTANTS")
    if isBeside { filler.builder.hide(branch) }
    let document = archive.document
    for (number, constant) in document.elements(document.root).enumerated() {
      let node = try filler.builder.node(Name("c\(number)"), under: branch)
      if isBeside, let tensor = document.tensor(constant) {
        try filler.setOpaque("constant \(tensor.dtype) \(Shape(tensor.shape))", at: node)
      } else {
        try filler.add(archive, constant, under: node)
      }
    }
  }
}
