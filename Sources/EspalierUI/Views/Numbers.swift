import EspalierTree

/// Counts and sizes in the units that the user has chosen.
struct NumberStyle {
  let units: ViewOptions.Units

  /// Bytes: 97.8 MB, 93.3 MiB, or 102,536,192 B.
  func bytes(_ count: Int) -> String {
    switch units {
    case .decimal: return scaled(count, by: 1000, ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
    case .binary: return scaled(count, by: 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
    case .exact: return grouped(count) + " B"
    }
  }

  /// Parameters: 25.6 M, or all digits.
  func count(_ count: Int) -> String {
    units == .exact || count < 10_000
      ? grouped(count) : scaled(count, by: 1000, ["", "k", "M", "G", "T", "P", "E"])
  }

  private func scaled(_ count: Int, by step: Int, _ names: [String]) -> String {
    if count < step { return trimmedEnd("\(count) \(names[0])") }
    var value = Double(count)
    var place = 0
    // 999.95 would be written 1000.0.
    while value >= Double(step) - 0.05, place < names.count - 1 {
      value /= Double(step)
      place += 1
    }
    return "\(oneDecimal(value)) \(names[place])"
  }

  private func trimmedEnd(_ text: String) -> String {
    text.last == " " ? String(text.dropLast()) : text
  }
}

/// 25.56 as 25.6.
func oneDecimal(_ value: Double) -> String {
  guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\((tenths % 10).magnitude)"
}

/// A value in about four digits: 0.0213, -1.25e-7, 12.5.
public func shortNumber(_ value: Double) -> String {
  if value == 0 { return "0" }
  guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "∞" : "-∞" }
  var exponent = 0
  var digits = value.magnitude
  while digits >= 10, exponent < 400 {
    digits /= 10
    exponent += 1
  }
  while digits < 1, exponent > -400 {
    digits *= 10
    exponent -= 1
  }
  let sign = value < 0 ? "-" : ""
  if (-4..<6).contains(exponent) {
    let places = max(0, 3 - exponent)
    return sign + fixed(value.magnitude, places)
  }
  return sign + fixed(digits, 2) + "e\(exponent)"
}

private func fixed(_ value: Double, _ places: Int) -> String {
  var scale = 1.0
  for _ in 0..<places { scale *= 10 }
  let all = String(Int((value * scale).rounded()))
  guard places > 0 else { return all }
  let padded = String(repeating: "0", count: max(0, places + 1 - all.count)) + all
  var text = padded.dropLast(places) + "." + padded.suffix(places)
  while text.last == "0" { text = text.dropLast() }
  return String(text.last == "." ? text.dropLast() : text)
}

/// 48 % of a whole; never 100 for less than all, never 0 for more than nothing.
func percent(_ part: Int, of whole: Int) -> String {
  guard whole > 0 else { return "100 %" }
  let value = Int((Double(part) / Double(whole) * 100).rounded())
  if part < whole { return "\(part > 0 ? min(99, max(1, value)) : 0) %" }
  return "100 %"
}

/// Seconds as 12 s, 3:20 min or 1:05 h.
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e6 else { return "?" }
  let whole = max(0, Int(seconds.rounded(.up)))
  if whole < 60 { return "\(whole) s" }
  let (large, small) = whole < 3600 ? (whole / 60, whole % 60) : (whole / 3600, whole / 60 % 60)
  return "\(large):\(small < 10 ? "0" : "")\(small) " + (whole < 3600 ? "min" : "h")
}
