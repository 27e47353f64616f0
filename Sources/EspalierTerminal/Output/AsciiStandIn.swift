/// What stands for a character on a terminal that shows ASCII only.
func asciiStandIn(for scalar: Unicode.Scalar) -> Unicode.Scalar {
  switch scalar.value {
  case 0..<0x80: return scalar
  case 0x2500, 0x2501, 0x2504, 0x2505, 0x2508, 0x2509, 0x254c, 0x254d, 0x2550, 0x2010...0x2015:
    return "-"
  case 0x2502, 0x2503, 0x2506, 0x2507, 0x250a, 0x250b, 0x254e, 0x254f, 0x2551: return "|"
  case 0x250c...0x254b, 0x2552...0x2570: return "+"
  case 0x2581...0x2588, 0x2589...0x258f, 0x2593, 0x25a0, 0x25ae: return "#"
  case 0x2580, 0x2592, 0x2594: return "="
  case 0x2591: return ":"
  default: return signs[scalar] ?? "?"
  }
}

private let signs: [Unicode.Scalar: Unicode.Scalar] = [
  "…": ".", "·": ".", "•": "*", "●": "*", "○": "o", "◆": "*", "◇": "o", "▪": "*",
  "▸": ">", "▶": ">", "►": ">", "›": ">", "»": ">", "▾": "v", "▼": "v", "◂": "<", "◀": "<",
  "‹": "<", "«": "<", "▴": "^", "▲": "^", "→": ">", "←": "<", "↑": "^", "↓": "v", "↔": "-",
  "⇒": ">", "⇐": "<", "✓": "+", "✔": "+", "✗": "x", "✘": "x", "×": "x", "≠": "!", "≈": "~",
  "≡": "=", "≤": "<", "≥": ">", "±": "~", "∅": "0", "∞": "8", "‘": "'", "’": "'", "“": "\"",
  "”": "\"", "\u{a0}": " ", "µ": "u", "²": "2", "³": "3", "Δ": "D", "σ": "s",
]
