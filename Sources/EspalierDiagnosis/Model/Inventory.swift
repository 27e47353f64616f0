/// One tensor as the diagnosis sees it: a name, a logical shape and an element type; no values.
public struct TensorFacts: Hashable, Sendable {
  /// The full name as the file or model spells it.
  public var name: [UInt8]
  /// The name's path components, outermost first.
  public var components: [[UInt8]]
  /// Logical shape, outermost axis first.
  public var shape: [Int]
  /// Element type in its safetensors spelling (`F32`, `BF16`, `I64` …); GGUF block types keep their
  /// name (`Q4_K`).
  public var dtype: String
  /// Index of an earlier tensor of the same inventory with the same storage.
  public var tiedTo: Int?

  /// A tensor of a file or model; `components` are found by ``split(_:)`` where they are not given.
  public init(
    name: [UInt8], components: [[UInt8]]? = nil, shape: [Int], dtype: String, tiedTo: Int? = nil
  ) {
    self.name = name
    self.components = components ?? TensorFacts.split(name)
    self.shape = shape
    self.dtype = dtype
    self.tiedTo = tiedTo
  }

  /// The same with a name given as text.
  public init(_ name: String, _ shape: [Int], dtype: String = "F32", tiedTo: Int? = nil) {
    self.init(name: Array(name.utf8), shape: shape, dtype: dtype, tiedTo: tiedTo)
  }

  /// Number of elements; saturates instead of overflowing.
  public var elements: Int { elementCount(shape) }

  /// The name as text; bytes that are no UTF-8 are replaced.
  public var text: String { String(decoding: name, as: UTF8.self) }

  /// Splits at dots and slashes, the separators of state dicts and of TensorFlow and HDF5 names.
  /// A TensorFlow output index (`kernel:0`) is no part of the path, and neither is what TensorFlow 2
  /// ends the names of all variables in.
  public static func split(_ name: [UInt8]) -> [[UInt8]] {
    var parts =
      name.split(separator: 0, omittingEmptySubsequences: false).first.map { whole in
        whole.split(omittingEmptySubsequences: true) { $0 == 0x2E || $0 == 0x2F }.map(Array.init)
      } ?? []
    if parts.count > 2, name.suffix(attributes.count).elementsEqual(attributes) {
      parts.removeLast(2)
    }
    if let last = parts.last, last.count > 2, last.suffix(2).elementsEqual([0x3A, 0x30]) {
      parts[parts.count - 1] = Array(last.dropLast(2))
    }
    return parts.isEmpty ? [name] : parts
  }

  private static let attributes = Array("/.ATTRIBUTES/VARIABLE_VALUE".utf8)
}

/// All tensors of one side, in file or state-dict order, and what the file says beside them.
public struct Inventory: Sendable {
  /// All tensors; a ``Link`` names them by their index here.
  public var tensors: [TensorFacts]
  /// Non-tensor entries, nested keys joined with dots (`params.json.n_heads`).
  public var metadata: [String: String]
  /// The container that names leave out, as it is opened by itself (`state_dict`), in components.
  public var container: [[UInt8]] = []
  /// Values of tensor `index`, up to `limit` leading elements, where they are at hand.
  public var probe: (@Sendable (_ index: Int, _ limit: Int) -> [Float]?)?

  /// The tensors of one side; without `probe`, values are not looked at.
  public init(
    tensors: [TensorFacts], metadata: [String: String] = [:],
    probe: (@Sendable (_ index: Int, _ limit: Int) -> [Float]?)? = nil
  ) {
    self.tensors = tensors
    self.metadata = metadata
    self.probe = probe
  }

  /// A number from the metadata whose key ends in one of `suffixes`.
  package func number(_ suffixes: [String]) -> Int? {
    for suffix in suffixes {
      for key in metadata.keys.sorted() where key == suffix || key.hasSuffix("." + suffix) {
        if let text = metadata[key], let value = Int(text), value > 0 { return value }
      }
    }
    return nil
  }

  /// Attention heads, as the file or a configuration beside it says.
  var statedHeads: Int? {
    number(["num_attention_heads", "n_heads", "attention.head_count", "n_head", "num_heads"])
  }

  /// Heads of keys and values, said likewise.
  var statedKeyHeads: Int? {
    number(["num_key_value_heads", "n_kv_heads", "attention.head_count_kv"])
  }

  /// Width of one head, said likewise.
  var statedHeadSize: Int? {
    number(["head_dim", "rope.dimension_count", "attention.key_length"])
  }

  /// True where some metadata value or key contains `word`.
  package func mentions(_ word: String) -> Bool {
    metadata.contains { contains($0.key, word) || contains($0.value, word) }
  }

  /// What kind of file it is, as its reader or its skeleton says.
  var fileKind: String { (metadata["container"] ?? metadata["format"] ?? "").lowercased() }

  /// The container's name as text.
  var containerWords: [String] { container.map { String(decoding: $0, as: UTF8.self) } }

  /// A column-major writer whose dimensions were read as they stand.
  var isColumnMajor: Bool {
    metadata.contains { contains($0.value.lowercased(), "column-major") }
      || mentions("julia_version")
  }
}

/// Product of the dimensions, saturating; negative dimensions count as zero.
func elementCount(_ shape: [Int]) -> Int {
  var total = 1
  for dim in shape {
    let (product, overflow) = total.multipliedReportingOverflow(by: max(dim, 0))
    if overflow { return Int.max }
    total = product
  }
  return total
}

/// Sum that stays at the maximum instead of overflowing.
func saturatingSum(_ a: Int, _ b: Int) -> Int {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? Int.max : sum
}

/// Substring test without Foundation.
func contains(_ text: String, _ word: String) -> Bool {
  let found = text.utf8.withContiguousStorageIfAvailable { bytes in
    word.utf8.withContiguousStorageIfAvailable { contains(bytes, $0) }
  }
  if case .some(.some(let answer)) = found { return answer }
  return contains(Array(text.utf8), Array(word.utf8))
}

private func contains(
  _ bytes: some RandomAccessCollection<UInt8>, _ word: some RandomAccessCollection<UInt8>
) -> Bool {
  guard let first = word.first else { return true }
  var rest = bytes[...]
  while rest.count >= word.count, let start = rest.firstIndex(of: first) {
    rest = rest[start...]
    if rest.starts(with: word) { return true }
    rest = rest.dropFirst()
  }
  return false
}
