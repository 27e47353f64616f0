import Synchronization
import Testing

@testable import EspalierTree

/// What `FieldReflection` relies on: names, kinds, and which fields can be set.
@Suite struct FieldReflectionTests {
  class Base {
    var first = 1
    let fixed = "f"
    weak var parent: Base?
    unowned var owner: Base?
    unowned(unsafe) var raw: Base?
  }
  final class Derived<T>: Base {
    private(set) var own: T?
    lazy var late = 3
    let lock = Mutex(0)
    var function: (Int) -> Int = { $0 }
    var pair = (1, b: "b")
    var last = [1.5]
  }
  struct Value {
    var a = 1
    let b = [2]
    weak var w: Base?
    var c: Any = 3
    @Clamped var wrapped = 4
  }
  @propertyWrapper struct Clamped { var wrappedValue: Int }
  enum Case {
    case a(Int)
    case b
  }

  func names(_ type: Any.Type) -> [String] {
    FieldReflection.stored(in: type).map { $0.name.description + ($0.isSettable ? "" : "!") }
  }

  @Test func fieldsOfAnObject() {
    #expect(names(Base.self) == ["first", "fixed!"])
    #expect(
      names(Derived<Int>.self) == [
        "first", "fixed!", "own", "late", "function", "pair", "last",
      ])
  }

  @Test func fieldsOfAValue() {
    #expect(names(Value.self) == ["a", "b!", "c", "_wrapped"])
    #expect(names((Int, b: String).self) == ["0", "b"])
    #expect(names((Int, String).self) == ["0", "1"])
    #expect(names(Int.self).isEmpty == false)
    #expect(names(Case.self).isEmpty && names(Void.self).isEmpty)
  }

  @Test func kinds() {
    #expect(FieldReflection.kind(of: Base.self) == .object)
    #expect(FieldReflection.kind(of: Derived<String>.self) == .object)
    #expect(FieldReflection.kind(of: Value.self) == .structure)
    #expect(FieldReflection.kind(of: (Int, Int).self) == .tuple)
    #expect(FieldReflection.kind(of: Case.self) == .enumeration)
    #expect(FieldReflection.kind(of: (() -> Void).self) == .other)
    #expect(FieldReflection.kind(of: Int.Type.self) == .other)
  }

  @Test func valuesAndChanges() throws {
    let object = Derived<String>()
    let fields = FieldReflection.stored(in: Derived<String>.self)
    let values = FieldReflection.values(of: fields, in: object as Base)
    #expect(values[0] as? Int == 1 && values[1] as? String == "f")
    #expect(values[6] as? [Double] == [1.5])
    let changed = FieldReflection.setting([(fields[0], 7), (fields[2], "own")], in: object)
    #expect(changed as? Base === object && object.first == 7 && object.own == "own")

    let value = Value()
    let stored = FieldReflection.stored(in: Value.self)
    let new = FieldReflection.setting([(stored[0], 5), (stored[2], "any")], in: value) as? Value
    #expect(new?.a == 5 && new?.c as? String == "any" && value.a == 1)
    #expect(FieldReflection.setting([(stored[0], "no number")], in: value) == nil)
  }
}
