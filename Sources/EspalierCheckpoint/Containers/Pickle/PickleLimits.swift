/// How much of a pickle is read before it is refused. What it can cost is a small multiple of the bytes
/// that are present; these bound the rest.
package struct PickleLimits: Sendable {
  package var bytes = 1 << 30
  package var opcodes = 200_000_000
  package var objects = 20_000_000
  package var stack = 10_000_000
  package var memo = 20_000_000

  package init() {}
}
