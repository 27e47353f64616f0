/// Compares values of both sides through an operation; what names and shapes leave open it decides.
public protocol ValueAgreement {
  /// Cosine of the angle between a destination tensor and its sources under the link's operation:
  /// 1 where they are proportional, about 0 where they have nothing to do with each other.
  ///
  /// - Parameter limit: the most elements that may be read.
  /// - Returns: nil where a side has no values, the tensor is larger, or the operation does not run.
  func agreement(of link: Link, limit: Int) -> Double?
}

/// What values said about one destination tensor.
struct ValueVerdict: Hashable {
  enum Kind { case confirmed, changed, open }
  var kind: Kind
  /// Its own values were compared; else it follows others of its kind.
  var isCompared = false
  /// Agreement of the operation that was chosen, and the best one of those that were not.
  var chosen: Double
  var other: Double
}
