/// One field of a Protocol Buffers message, as the wire format has it: what it means is the reader's
/// to know.
package struct ProtobufField: Sendable, Hashable {
  package enum Value: Sendable, Hashable {
    /// Base-128 numbers: integers, Booleans and enumerations.
    case varint(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    /// Text, bytes, a message or packed numbers: where they lie, in bytes from the start of what is
    /// read. Nothing of them has been read.
    case bytes(Range<Int>)
  }

  /// As the schema numbers it: 1 to 2²⁹ − 1.
  package let number: Int
  package let value: Value
  /// Where its tag begins, in bytes from the start of what is read.
  package let offset: Int

  /// In the words of errors.
  var kind: String {
    switch value {
    case .varint: "a variable-length number"
    case .fixed32: "a number of 4 bytes"
    case .fixed64: "a number of 8 bytes"
    case .bytes: "a sequence of bytes"
    }
  }
}
