// STAND-IN: EspalierTree brings `visibleText`; this file goes away with that merge.

/// Bytes as text that cannot steer a terminal: controls and bidirectional marks are spelled out.
func visibleText(_ bytes: some Sequence<UInt8>) -> String {
  var text = ""
  for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control: text += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
    case .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      text += "<U+" + String(scalar.value, radix: 16, uppercase: true) + ">"
    default: text.unicodeScalars.append(scalar)
    }
  }
  return text
}
