/// The forms of a model's types: each is found once, and known by a number from then on.
struct FormTable {
  private var forms: ContiguousArray<ModelForm> = []
  private var numbers: [ObjectIdentifier: Int32] = [:]
  /// The types that were asked for last, by their addresses: a model has few, and a million values.
  private var recent: ContiguousArray<(type: ObjectIdentifier?, number: Int32)>

  private static let recentBits = 6

  init() { recent = ContiguousArray(repeating: (nil, 0), count: 1 << Self.recentBits) }

  subscript(number: Int32) -> ModelForm { forms[Int(number)] }

  mutating func number(of type: Any.Type) -> Int32 {
    let key = ObjectIdentifier(type)
    let hash = UInt64(UInt(bitPattern: key)) &* 0x9E37_79B9_7F4A_7C15
    let slot = Int(truncatingIfNeeded: hash >> UInt64(64 - Self.recentBits))
    if recent[slot].type == key { return recent[slot].number }
    let number = numbers[key] ?? add(type, key)
    recent[slot] = (key, number)
    return number
  }

  private mutating func add(_ type: Any.Type, _ key: ObjectIdentifier) -> Int32 {
    let number = Int32(truncatingIfNeeded: forms.count)
    forms.append(ModelForm(of: type))
    numbers[key] = number
    return number
  }
}
