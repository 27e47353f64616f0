/// Stand-in until the real one is merged.
public func visibleText(_ bytes: some Sequence<UInt8>) -> String {
  String(decoding: Array(bytes), as: UTF8.self)
}
