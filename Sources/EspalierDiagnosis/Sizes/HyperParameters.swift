/// Sizes of a model as its tree shows them, for any architecture; what cannot be read is left out.
public struct HyperParameters: Hashable, Sendable {
  /// Elements of all tensors, shared ones once; saturates instead of overflowing.
  public var parameters: Int = 0
  /// Length of the axis that most of the weights have in common.
  public var width: Int?
  /// Inner width of the feed-forward layers; of a recurrent network, its state.
  public var hidden: Int?
  /// Blocks of each list, the lists with most tensors first.
  public var depths: [Depth] = []
  /// Attention heads, where the file, a buffer or an axis says so.
  public var heads: Int?
  /// Heads of keys and values, where they are fewer.
  public var keyHeads: Int?
  /// Rows of the largest lookup table.
  public var vocabulary: Int?
  /// Length of the position table.
  public var positions: Int?
  /// Outputs of the last layer, where it is no layer of words.
  public var classes: Int?
  /// Spatial size of the first convolution.
  public var kernel: [Int]?
  /// Input channels of the first convolution.
  public var channels: Int?
  /// Rank of low-rank adapters.
  public var rank: Int?

  /// The blocks of one list, or of the lists at one place of several stages.
  public struct Depth: Hashable, Sendable {
    /// The list's path (`model.layers`); `*` stands for the number of a stage (`stages.*.blocks`).
    public var path: String
    /// Blocks, stage by stage.
    public var counts: [Int]

    /// `12`, or `3, 4, 6, 3`.
    var text: String {
      let shown = counts.prefix(8).map(String.init).joined(separator: ", ")
      return counts.count > 8 ? "\(shown), …" : shown
    }
  }

  /// Names and values but for depths, in reading order around these.
  var scalars: (before: [(name: String, value: String?)], after: [(name: String, value: String?)]) {
    func text(_ value: Int?) -> String? { value.map(String.init) }
    let before = [
      ("parameters", "\(parameters)"), ("width", text(width)), ("hidden", text(hidden)),
    ]
    let after = [
      ("heads", text(heads)), ("key heads", text(keyHeads)), ("vocabulary", text(vocabulary)),
      ("positions", text(positions)), ("classes", text(classes)),
      ("kernel", kernel?.map(String.init).joined(separator: "x")), ("channels", text(channels)),
      ("rank", text(rank)),
    ]
    return (before, after)
  }
}

/// One size of both models.
public struct SizeRow: Hashable, Sendable {
  /// What it is (`width`, `depth of model.layers`).
  public var name: String
  /// The destination's and the source's; nil where a side does not show it.
  public var destination: String?
  public var source: String?

  /// A size that one side does not show, or one of both.
  public init(name: String, destination: String?, source: String?) {
    self.name = name
    self.destination = destination
    self.source = source
  }

  /// Both sides show it, and not the same.
  public var differs: Bool { destination != nil && source != nil && destination != source }
}
