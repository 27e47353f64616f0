import EspalierCheckpoint
import EspalierTree

/// What the files say that lie beside weights by convention: `adapter_config.json` (PEFT: alpha, rank; MLX: scale),
/// `config.json` and `quantize_config.json` (Hugging Face: heads, bits).
///
/// Only weights with the names that go with them are looked at, and only these files. A file that
/// cannot be read says nothing: what is assumed instead is said where it is used.
struct ConfigurationBeside {
  /// Keys from the name of the file on, joined with dots; numbers, texts, true and false.
  private(set) var facts: [String: String] = [:]

  static let sizeLimit = 4 << 20
  private static let factLimit = 20_000

  init(_ checkpoint: Checkpoint) {
    for file in Self.candidates(checkpoint) {
      guard let input = try? InputFile(file), input.size <= Self.sizeLimit,
        let bytes = try? input.read(at: 0, count: input.size),
        let document = try? JSONDocument(bytes, origin: ByteRegion(input).origin)
      else { continue }
      add(document.root, under: String(decoding: file.name, as: UTF8.self))
    }
  }

  private static func candidates(_ checkpoint: Checkpoint) -> [FilePath] {
    guard let weights = checkpoint.files.first?.path else { return [] }
    let name = String(decoding: weights.name, as: UTF8.self)
    var names: [String] = []
    // MLX numbers its own: `0000100_adapters.safetensors`.
    if name.hasPrefix("adapter") || name.contains("_adapters.") { names = ["adapter_config.json"] }
    if name.hasPrefix("model") || name.hasPrefix("pytorch_model") || name.hasPrefix("weights") {
      names = ["config.json", "quantize_config.json", "adapter_config.json"]
    }
    return names.compactMap { try? weights.neighbour(Array($0.utf8)) }
  }

  private mutating func add(_ root: JSONValue, under name: String) {
    var open = [(name, root)]
    while let (path, value) = open.popLast(), facts.count < Self.factLimit {
      switch value.kind {
      // Far deeper than any configuration.
      case .object where path.utf8.count > 1024: continue
      case .object:
        for (key, member) in value.members {
          open.append(("\(path).\(String(decoding: key, as: UTF8.self))", member))
        }
      case .string: facts[path] = value.string
      case .number: facts[path] = value.number.map { String(decoding: $0.text, as: UTF8.self) }
      case .bool: facts[path] = value.bool.map { $0 ? "true" : "false" }
      case .array, .null: continue
      }
    }
  }
}
