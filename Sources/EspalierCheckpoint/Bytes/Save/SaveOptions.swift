/// How a file is to be saved.
package struct SaveOptions: Sendable {
  /// Whether a file of that name may be replaced.
  package var replace: Bool
  /// Bytes that will be written, where known: checked against the free space before anything is.
  package var expectedSize: Int?
  /// Files the new one is made from. They must still be what was opened, before and after writing.
  package var inputs: [InputFile]
  /// Asked between pieces of a few megabytes; true ends the save with nothing changed.
  package var isCancelled: @Sendable () -> Bool
  package var progress: (@Sendable (SaveProgress) -> Void)?

  var calls = SystemCalls()
  /// Appended bytes are collected up to this many before they are written.
  var bufferSize = 4 << 20

  package init(
    replace: Bool = false, expectedSize: Int? = nil, inputs: [InputFile] = [],
    isCancelled: @escaping @Sendable () -> Bool = { Task.isCancelled },
    progress: (@Sendable (SaveProgress) -> Void)? = nil
  ) {
    self.replace = replace
    self.expectedSize = expectedSize
    self.inputs = inputs
    self.isCancelled = isCancelled
    self.progress = progress
  }
}

/// How far a save has come, in bytes.
package enum SaveProgress: Sendable, Equatable {
  case writing(Int)
  case verifying(Int, of: Int)
}
