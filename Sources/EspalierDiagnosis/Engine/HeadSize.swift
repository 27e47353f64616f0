/// Width of one attention head: from a file where it says so, else the size that fits common
/// practice.
struct HeadSize {
  /// What one side's metadata says.
  private struct Stated {
    var size: Int?
    var width: Int?
    var heads: Int?
  }

  private let stated: [Stated]
  /// Widths that tables of rotary frequencies give: they have half of a head's width.
  private let rotary: [Int]

  /// More different lengths of such tables are no evidence.
  private static let most = 64

  /// Reads both sides once, however many tensors ask.
  init(_ findings: Findings) {
    stated = [findings.source, findings.destination].map { side in
      Stated(
        size: side.statedHeadSize,
        width: side.number(["hidden_size", "dim", "embedding_length", "n_embd", "d_model"]),
        heads: side.statedHeads)
    }
    let names = findings.names
    var isFrequency: [Int: Bool] = [:]
    func saysFrequency(_ id: Int) -> Bool {
      if let known = isFrequency[id] { return known }
      let text = names.text(id)
      let answer = contains(text, "freq") || contains(text, "rope")
      isFrequency[id] = answer
      return answer
    }
    var found: [Int] = []
    for slots in [findings.matcher.source, findings.matcher.destination] {
      for slot in slots where slot.shape.count == 1 && slot.shape[0] > 0 {
        guard found.count < Self.most, !found.contains(2 * slot.shape[0]),
          slot.path.contains(where: saysFrequency)
        else { continue }
        found.append(2 * slot.shape[0])
      }
    }
    rotary = found
  }

  /// - Parameter rows: outputs of all heads together.
  func callAsFunction(rows: Int) -> (size: Int, isAssumption: Bool) {
    for side in stated {
      if let size = side.size, rows % size == 0 { return (size, false) }
      if let heads = side.heads {
        let whole = side.width ?? rows
        if heads > 0, whole % heads == 0, whole / heads > 0, rows % (whole / heads) == 0 {
          return (whole / heads, false)
        }
      }
    }
    if let size = rotary.first(where: { $0 / 2 < rows && rows % $0 == 0 }) { return (size, false) }
    let usual = rows >= 4096 && rows % 128 == 0 ? 128 : 64
    return (rows % usual == 0 ? usual : max(rows, 1), true)
  }
}
