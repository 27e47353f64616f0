import Espalier
import Glibc
import Synchronization

/// The first error, other than a reader that has gone away, that lost some of standard output.
private let lostOutput = Mutex<Int32?>(nil)

/// Standard output and standard error, written in large pieces.
struct StandardStream: ~Copyable {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// Whether the reader has gone away (`espalier ls … | head`): the rest is dropped in silence.
  private(set) var isClosed = false

  static func output() -> StandardStream { StandardStream(STDOUT_FILENO) }

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
    buffer.reserveCapacity(1 << 16)
  }

  mutating func write(_ text: some StringProtocol) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= 1 << 16 { flush() }
  }

  mutating func write(bytes: some Sequence<UInt8>) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 1 << 16 { flush() }
  }

  /// Lines of text. Names of files are part of many sentences: nothing in them steers the terminal.
  mutating func line(_ text: String = "") {
    buffer.append(contentsOf: visibleLines(text).utf8)
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= 1 << 16 { flush() }
  }

  /// One JSON object on a line: `"schema"` first, then what `body` adds.
  mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
    var json = JSONWriter()
    json.beginObject()
    json.key("schema")
    json.integer(1)
    try body(&json)
    json.endObject()
    write(bytes: json.drain())
    line()
  }

  mutating func flush() {
    var start = 0
    while start < buffer.count, !isClosed {
      let count = buffer.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress?.advanced(by: start), $0.count - start)
      }
      if count > 0 {
        start += count
      } else if errno != EINTR {
        stop(errno)
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private mutating func stop(_ error: Int32) {
    isClosed = true
    guard error != EPIPE else { return }
    lostOutput.withLock { $0 = $0 ?? error }
  }

  /// Says so where output was lost: a listing that is cut must not look like a whole one.
  static func complainIfLost() -> Bool {
    guard let error = lostOutput.withLock({ $0 }) else { return false }
    complain("standard output cannot be written: \(String(cString: strerror(error)))")
    return true
  }

  deinit {
    var rest = buffer[...]
    while !rest.isEmpty, !isClosed {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
    }
  }
}

/// Writes one sentence to standard error.
func complain(_ sentence: String, prefix: String = "espalier: ") {
  var text = Array("\(visibleLines(prefix + sentence))\n".utf8)[...]
  while !text.isEmpty {
    let count = text.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    if count > 0 { text = text.dropFirst(count) } else if errno != EINTR { return }
  }
}

/// The text with everything made visible but the ends of its lines. Most text is plain: a listing has a
/// line for each of a million arrays.
private func visibleLines(_ text: String) -> String {
  if text.utf8.allSatisfy({ 0x20..<0x7f ~= $0 || $0 == UInt8(ascii: "\n") }) { return text }
  return text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    .map { visibleText($0) }.joined(separator: "\n")
}
