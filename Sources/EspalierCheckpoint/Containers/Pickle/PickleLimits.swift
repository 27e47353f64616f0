/// How much of a pickle is read before it is refused. What it can cost is a small multiple of the bytes
/// that are present; these bound the rest.
public struct PickleLimits: Sendable {
  public var bytes = 1 << 30
  public var opcodes = 200_000_000
  public var objects = 20_000_000
  public var stack = 10_000_000
  public var memo = 20_000_000

  public init() {}
}
