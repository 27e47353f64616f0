import EspalierCheckpoint
import EspalierDiagnosis
import EspalierRepair
import EspalierTree

extension Checkpoint {
  /// What the diagnosis sees of a file: names, shapes and element types of the arrays below a node,
  /// and what the file says of itself.
  public func inventory(below root: NodeID) -> Inventory { repairSide(below: root).inventory }

  /// The file as one side of a repair, with what its metadata and a configuration beside it say.
  ///
  /// - Parameter nameRoot: where names in rules begin. For a destination pass ``root``: its names are
  ///   those of the model's state. For a source the tree's own root shows containers, too, so that
  ///   a diagnosis can name them.
  public func repairSide(below nameRoot: NodeID = .root) -> RepairSide {
    var facts = ConfigurationBeside(self).facts
    facts["format"] = format.name
    for entry in metadata {
      let key = visibleText(entry.key.bytes)
      switch entry.value {
      case .value(.text(let text)): facts[key] = String(decoding: text, as: UTF8.self)
      case .value(let value): facts[key] = value.description
      case .json(let text): facts[key] = String(decoding: text, as: UTF8.self)
      }
    }
    return RepairSide(
      self, root: root, nameRoot: nameRoot, reversesShapes: format.name == GGUF().name,
      metadata: facts)
  }
}
