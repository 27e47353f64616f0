import EspalierTree

/// What a conversion lost, in elements. Every element counts once at most.
public struct ConversionLoss: Sendable, Hashable {
  /// Finite, but beyond the target's range: infinity now, or what stands for it there.
  public var overflow = 0
  /// Not zero before, zero now.
  public var underflow = 0
  /// Moved to a neighbouring value.
  public var rounded = 0
  /// NaN in a type that has none: zero in integers, true in Booleans.
  public var nan = 0
  /// Beyond the ends of the target: an integer was set to the end.
  public var outOfRange = 0
  /// An imaginary part that was not zero, dropped.
  public var imaginary = 0

  /// Nothing lost.
  public init() {}

  /// Whether every value came through unchanged.
  public var isEmpty: Bool { self == ConversionLoss() }

  /// Adds counts up, for a report of several arrays.
  public static func += (a: inout ConversionLoss, b: ConversionLoss) {
    a.overflow += b.overflow
    a.underflow += b.underflow
    a.rounded += b.rounded
    a.nan += b.nan
    a.outOfRange += b.outOfRange
    a.imaginary += b.imaginary
  }

  /// The counts that are not zero, by their stable names, in a fixed order.
  public var counts: [(name: String, count: Int)] {
    [
      ("overflow", overflow), ("underflow", underflow), ("rounded", rounded), ("nan", nan),
      ("out_of_range", outOfRange), ("imaginary", imaginary),
    ].filter { $0.1 != 0 }
  }
}

extension ConversionLoss: CustomStringConvertible {
  /// "3 overflowed to infinity, 1,024 rounded".
  public var description: String {
    let words = [
      "overflow": "overflowed", "underflow": "became zero", "rounded": "rounded",
      "nan": "NaN without a place", "out_of_range": "out of range",
      "imaginary": "imaginary parts dropped",
    ]
    return counts.map { "\(grouped($0.count)) \(words[$0.name] ?? $0.name)" }
      .joined(separator: ", ")
  }
}
