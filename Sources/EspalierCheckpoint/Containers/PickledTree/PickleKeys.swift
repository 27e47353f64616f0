import EspalierTree

/// The keys of dictionaries, of whatever type, as names.
enum PickleKeys {
  static func typeName(_ key: PickleID, _ document: PickleDocument) -> String {
    switch document.kind(key) {
    case .text, .legacyString: return "str"
    case .bytes: return "bytes"
    case .integer, .bigInteger: return "int"
    case .float: return "float"
    case .bool: return "bool"
    case .none: return "None"
    case .tuple: return "tuple"
    default: return "object"
    }
  }

  /// Whether Python would take two keys of one spelling for one.
  static func areEqual(_ a: PickleID, _ b: PickleID, _ document: PickleDocument) -> Bool {
    a == b || typeName(a, document) == typeName(b, document)
  }

  static func text(_ key: PickleID, _ document: PickleDocument) -> [UInt8] {
    if let text = document.text(key) { return text }
    switch document.kind(key) {
    case .bytes: return document.bytes(key) ?? []
    case .integer: return Array(String(document.integer(key) ?? 0).utf8)
    case .float: return Array("\(document.float(key) ?? 0)".utf8)
    case .bool: return Array((document.bool(key) == true ? "True" : "False").utf8)
    case .none: return Array("None".utf8)
    case .global: return document.global(key)?.fullName ?? []
    case .tuple:
      let parts = document.elements(key).prefix(16).map { part in
        document.kind(part) == .tuple ? Array("(…)".utf8) : text(part, document)
      }
      return Array("(".utf8) + Array(parts.joined(separator: ", ".utf8)) + Array(")".utf8)
    default: return Array("<\(document.kind(key))>".utf8)
    }
  }

  private static let optimizers = [
    "optimizer", "optimizers", "optimizer_state", "optimizer_state_dict", "optimizer_states",
    "optim", "optim_state_dict",
  ]

  /// Whether what is under this key belongs to training and not to the model.
  static func isOptimizer(_ name: [UInt8]) -> Bool {
    optimizers.contains { name.elementsEqual($0.utf8) }
  }

  /// The same of a member of an archive: `policy.optimizer.pth`.
  static func isOptimizerFile(_ name: [UInt8]) -> Bool {
    name.split(separator: UInt8(ascii: ".")).contains { isOptimizer(Array($0)) }
  }
}
