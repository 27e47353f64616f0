/// Sizes of a model as its tree shows them, for any architecture; what cannot be read is left out.
public struct HyperParameters: Hashable, Sendable {
  /// Commonest width of one-dimensional tensors and matrix inputs.
  public var width: Int?
  /// Blocks of each list, longest first, with the path of the list.
  public var depths: [Depth] = []
  /// Attention heads, where the file or a per-head axis says.
  public var heads: Int?
  /// Spatial size of the first convolution.
  public var kernel: [Int]?
  /// Input channels of the first convolution.
  public var channels: Int?
  /// Outputs of the last matrix.
  public var classes: Int?
  /// Rows of the largest lookup table.
  public var vocabulary: Int?
  /// Length of the position table.
  public var positions: Int?
  /// Inner width of the feed-forward layers.
  public var hidden: Int?
  /// Rank of low-rank adapters.
  public var rank: Int?
  /// Elements of all tensors, shared ones once; saturates instead of overflowing.
  public var parameters: Int = 0

  /// The number of blocks in one list.
  public struct Depth: Hashable, Sendable {
    /// The list's path (`model.layers`).
    public var path: String
    /// Its blocks.
    public var count: Int
  }

  /// Names and values in reading order, for a table of two sides.
  public var rows: [(name: String, value: String)] {
    var rows: [(String, String)] = []
    func add(_ name: String, _ value: Int?) { if let value { rows.append((name, "\(value)")) } }
    add("parameters", parameters)
    add("width", width)
    add("hidden", hidden)
    for depth in depths.prefix(4) { rows.append(("depth of \(depth.path)", "\(depth.count)")) }
    add("heads", heads)
    add("vocabulary", vocabulary)
    add("positions", positions)
    add("classes", classes)
    if let kernel {
      rows.append(("kernel", kernel.map(String.init).joined(separator: "x")))
    }
    add("channels", channels)
    add("rank", rank)
    return rows
  }
}

/// Reads hyper-parameters off slots.
struct HyperParameterReader {
  let names: NameTable

  func read(_ slots: [Slot], _ inventory: Inventory, adapterRank: Int = 0) -> HyperParameters {
    var out = HyperParameters()
    let outputFirst = Orientation.outputFirst(slots, names) ?? true
    out.parameters = slots.reduce(0) { sum, slot in
      let isTied = slot.parts.allSatisfy { part in
        guard inventory.tensors.indices.contains(part) else { return false }
        return inventory.tensors[part].tiedTo != nil
      }
      return isTied && !slot.parts.isEmpty ? sum : saturatingSum(sum, slot.elements)
    }
    out.rank = adapterRank > 0 ? adapterRank : nil
    out.depths = depths(slots)
    readMatrices(slots, outputFirst, &out)
    readConvolution(slots, &out)
    out.heads =
      inventory.number(["num_attention_heads", "n_heads", "attention.head_count", "n_head"])
      ?? perHead(slots)
    return out
  }

  private func readMatrices(_ slots: [Slot], _ outputFirst: Bool, _ out: inout HyperParameters) {
    let scorer = NameScorer(names)
    var widths: [Int: Int] = [:]
    var inner: [Int: Int] = [:]
    var last: Slot?
    for slot in slots where isFloat(slot.dtype) || !slot.steps.isEmpty {
      if slot.shape.count == 1, slot.shape[0] > 1 { widths[slot.shape[0], default: 0] += 1 }
      guard slot.shape.count == 2 || slot.shape.count == 3 && slot.shape[0] == 1 else { continue }
      let matrix = Array(slot.shape.suffix(2))
      if scorer.says(.position, slot.path) {
        out.positions = max(out.positions ?? 0, matrix[0])
      } else if slot.shape.count == 2,
        scorer.says(.embed, slot.path) || scorer.says(.token, slot.path)
      {
        out.vocabulary = max(out.vocabulary ?? 0, matrix[0])
      } else if slot.shape.count == 2 {
        // Outputs of a repeated block are no outputs of the model.
        if !slot.path.dropLast(2).contains(where: { isNumbered($0) }) { last = slot }
        inner[max(matrix[0], matrix[1]), default: 0] += 1
      }
    }
    out.width = widths.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
    if let last, !slots.isEmpty { out.classes = outputFirst ? last.shape.first : last.shape.last }
    if let width = out.width {
      out.hidden =
        inner.filter { $0.key > width && $0.key != 3 * width && $0.value > 1 }
        .max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
    }
  }

  private func isNumbered(_ id: Int) -> Bool { names.tokens[id].contains(where: Token.isNumber) }

  private func readConvolution(_ slots: [Slot], _ out: inout HyperParameters) {
    guard let first = slots.first(where: { $0.shape.count >= 4 && $0.shape.prefix(2) != [1, 1] })
    else { return }
    let shape = first.shape
    // The kernel's axes are the small ones at one end.
    if shape[0] > shape[shape.count - 1] || shape[0] > shape[1] {
      out.kernel = Array(shape.dropFirst(2))
      out.channels = shape[1]
    } else {
      out.kernel = Array(shape.dropLast(2))
      out.channels = shape[shape.count - 2]
    }
  }

  private func perHead(_ slots: [Slot]) -> Int? {
    for slot in slots where slot.shape.count == 3 || slot.shape.count == 2 {
      let text = slot.path.suffix(2).map { names.text($0) }
      if text.contains("relative_position_bias_table") || text.contains("relative_attention_bias") {
        return slot.shape.last
      }
      if slot.shape.count == 3, text.contains("query") || text.contains("key") {
        return slot.shape[1]
      }
    }
    return nil
  }

  private func depths(_ slots: [Slot]) -> [HyperParameters.Depth] {
    var numbers: [[Int]: Set<Int>] = [:]
    var leaves: [[Int]: Int] = [:]
    for slot in slots {
      for (place, id) in slot.path.dropLast().enumerated() {
        guard let token = names.tokens[id].last, Token.isNumber(token) else { continue }
        var key = Array(slot.path.prefix(place))
        key.append(contentsOf: names.tokens[id].dropLast().map { -$0 - 1 })
        numbers[key, default: []].insert(token)
        leaves[key, default: 0] += 1
      }
    }
    return numbers.filter { $0.value.count > 1 && (leaves[$0.key] ?? 0) >= 4 * $0.value.count }
      .map { key, values in
        let path = key.map { $0 < 0 ? names.word(-$0 - 1) : names.text($0) }.joined(separator: ".")
        return HyperParameters.Depth(path: path, count: values.count)
      }
      .sorted { ($0.count, $1.path) > ($1.count, $0.path) }
  }
}
