import EspalierTree

extension SafetensorsHeader {
  func tensorError(
    _ code: CheckpointError.Code, at position: Int, _ name: HeaderScanner.Text,
    _ scanner: HeaderScanner, found: String, expected: String
  ) -> CheckpointError {
    CheckpointError(
      code, file: scanner.origin.file, offset: scanner.origin.offset.map { $0 + position },
      place: scanner.unescaped(name), found: found, expected: expected)
  }

  func missingField(
    _ entry: Entry, _ name: HeaderScanner.Text, _ scanner: HeaderScanner
  ) -> CheckpointError {
    let fields: [(HeaderScanner.Field, String)] = [
      (.dtype, "dtype"), (.shape, "shape"), (.offsets, "data_offsets"),
    ]
    let missing = fields.filter { entry.seen & $0.0.rawValue == 0 }.map(\.1)
      .joined(separator: ", ")
    return tensorError(
      .malformed, at: name.start - 1, name, scanner, found: "no \(missing)",
      expected: "dtype, shape and data_offsets")
  }

  func wrongSize(
    _ entry: Entry, _ name: HeaderScanner.Text, _ scanner: HeaderScanner
  ) -> CheckpointError {
    let size = entry.elements.multipliedReportingOverflow(by: entry.bits)
    let expected =
      size.overflow
      ? "a size that fits in 64 bits"
      : size.partialValue & 7 != 0
        ? "elements that fill whole bytes" : "\(size.partialValue / 8) bytes"
    return tensorError(
      .badValue, at: name.start - 1, name, scanner,
      found: "data_offsets [\(entry.begin), \(entry.end)] for \(entry.dtype) "
        + "\(shape)", expected: expected)
  }
}
