/// The number of attention heads, where anything but taste says it: the file, an axis for each head, or
/// the width of one head in a buffer or a norm.
struct AttentionHeads {
  let model: OrientedSlots
  let inventory: Inventory

  /// - Returns: Heads of the queries, and of keys where these have fewer.
  func read() -> (heads: Int?, keyHeads: Int?) {
    let rows = projections
    let size = inventory.statedHeadSize ?? headSize
    func heads(_ rows: Int?) -> Int? {
      guard let rows, let size, rows >= size, rows % size == 0 else { return nil }
      return rows / size
    }
    let queries = inventory.statedHeads ?? perHead ?? heads(rows.query)
    var keys = inventory.statedKeyHeads ?? heads(rows.key)
    if keys == nil, let queries, let query = rows.query, let key = rows.key, key > 0,
      query >= key, query % key == 0
    {
      keys = queries / (query / key)
    }
    return (queries, keys == queries ? nil : keys)
  }

  /// Outputs of the first projections to queries and keys.
  private var projections: (query: Int?, key: Int?) {
    var query: Int?
    var key: Int?
    for weight in model.weights where weight.kernel.isEmpty {
      let slot = model.slots[weight.slot]
      guard slot.shape.count == 2, query == nil || key == nil else { continue }
      let path = slot.path
      guard !model.scorer.says(.value, path) else { continue }
      switch (model.scorer.says(.query, path), model.scorer.says(.key, path)) {
      case (true, false): query = query ?? weight.out
      case (false, true): key = key ?? weight.out
      default: break
      }
    }
    return (query, key)
  }

  /// An axis or a table's row with a place for each head.
  private var perHead: Int? {
    for slot in model.slots where slot.shape.count == 3 || slot.shape.count == 2 {
      for id in slot.path.suffix(2) {
        switch model.names.text(id) {
        case "relative_position_bias_table", "relative_attention_bias": return slot.shape.last
        case "query", "key": if slot.shape.count == 3 { return slot.shape[1] }
        default: break
        }
      }
    }
    return nil
  }

  /// Rotary frequencies are half of a head's width long, norms of queries or keys the whole.
  private var headSize: Int? {
    for slot in model.slots where slot.shape.count == 1 && slot.shape[0] > 1 {
      guard let leaf = slot.path.last else { continue }
      if model.names.text(leaf) == "inv_freq" { return 2 * slot.shape[0] }
      let module = slot.path.dropLast().last.map { model.names.text($0) }
      if module == "q_norm" || module == "k_norm" { return slot.shape[0] }
    }
    return nil
  }
}
