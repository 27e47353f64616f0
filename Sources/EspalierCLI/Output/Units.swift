/// Bytes as a person reads them: `1.5 MB`, in powers of 1,000.
func sizeText(_ bytes: Int) -> String {
  scaled(bytes, ["B", "kB", "MB", "GB", "TB", "PB", "EB"], separator: " ")
}

/// Counts as a person reads them: `25.6M`.
func countText(_ count: Int) -> String {
  scaled(count, ["", "k", "M", "G", "T", "P", "E"], separator: "")
}

private func scaled(_ value: Int, _ units: [String], separator: String) -> String {
  var unit = 0
  var whole = value
  var tenths = 0
  while whole >= 1000, unit < units.count - 1 {
    tenths = whole % 1000 / 100
    whole /= 1000
    unit += 1
  }
  let number = unit > 0 && whole < 100 ? "\(whole).\(tenths)" : "\(whole)"
  return number + (units[unit].isEmpty ? "" : separator + units[unit])
}
