/// The rules in force, those before and those that were undone.
public struct RuleHistory: Equatable, Sendable {
  public private(set) var current = LoadRules()
  private var past: [LoadRules] = []
  private var future: [LoadRules] = []
  /// Whether the last change moved a threshold that the next may move on.
  var isTuning = false

  public var canUndo: Bool { !past.isEmpty }
  public var canRedo: Bool { !future.isEmpty }

  /// - Parameter continues: whether the change goes on with the last one and is undone with it.
  mutating func change(continues: Bool = false, _ body: (inout LoadRules) -> Void) {
    if !continues || past.isEmpty { past.append(current) }
    future = []
    isTuning = false
    body(&current)
  }

  mutating func undo() {
    guard let before = past.popLast() else { return }
    future.append(current)
    current = before
    isTuning = false
  }

  mutating func redo() {
    guard let after = future.popLast() else { return }
    past.append(current)
    current = after
  }

  /// Takes back a change that cannot be: it is not offered again.
  mutating func discard() {
    guard let before = past.popLast() else { return }
    current = before
  }
}
