import EspalierCheckpoint
import EspalierDiagnosis
import EspalierTree

extension Checkpoint {
  /// What the diagnosis sees of a file: names, shapes and element types of the arrays below a node,
  /// and what the file says of itself.
  public func inventory(below root: NodeID) -> Inventory {
    var facts: [String: String] = ["format": format.name]
    for entry in metadata {
      let key = visibleText(entry.key.bytes)
      switch entry.value {
      case .value(.text(let text)): facts[key] = String(decoding: text, as: UTF8.self)
      case .value(let value): facts[key] = value.description
      case .json(let text): facts[key] = String(decoding: text, as: UTF8.self)
      }
    }
    return Inventory(
      tree, at: root, reversesShapes: format.name == GGUF().name, metadata: facts)
  }
}
