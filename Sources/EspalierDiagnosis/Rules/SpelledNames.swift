/// A name without its numbers, as the number of its template, and its numbers.
struct NumberedName: Sendable {
  var template: Int
  var numbers: [Int]
}

/// The names of one side as its file spells them, each taken apart when it is first asked for.
struct SpelledNames: Sendable {
  let inventory: Inventory
  private var templates = NameIndex()
  private var read: [NumberedName?]

  init(_ inventory: Inventory) {
    self.inventory = inventory
    read = [NumberedName?](repeating: nil, count: inventory.tensors.count)
  }

  mutating func name(_ tensor: Int) -> NumberedName {
    if let known = read[tensor] { return known }
    let (text, numbers) = NamePattern.template(inventory.tensors[tensor].name)
    let name = NumberedName(
      template: templates.place(of: text, orElse: templates.count), numbers: numbers)
    read[tensor] = name
    return name
  }

  mutating func readAll() {
    for tensor in read.indices { _ = name(tensor) }
  }
}

/// What the names of both sides say as they are spelt. It needs no search, and is read beside it.
struct Spelling: Sendable {
  private(set) var destination: SpelledNames
  private(set) var source: SpelledNames
  /// Places of the source's names.
  let sourceNames: NameIndex
  /// What a load by equal names and shapes fills.
  let equal: Coverage

  init(destination: Inventory, source: Inventory) {
    sourceNames = NameIndex(source)
    equal = Self.equal(destination, source, sourceNames)
    self.destination = SpelledNames(destination)
    self.source = SpelledNames(source)
    self.destination.readAll()
    self.source.readAll()
  }

  /// Writes rules for these names, and reads none of them again.
  var ruleWriter: RuleWriter { RuleWriter(destination, source, sourceNames: sourceNames) }

  private static func equal(
    _ destination: Inventory, _ source: Inventory, _ places: NameIndex
  ) -> Coverage {
    let container = destination.container.flatMap { $0 + [UInt8(ascii: ".")] }
    let loaded = destination.tensors.indices.filter {
      let tensor = destination.tensors[$0]
      let found = places[tensor.name] ?? (container.isEmpty ? nil : places[container + tensor.name])
      return found.map { source.tensors[$0].shape } == tensor.shape
    }
    return Coverage(destinations: loaded, of: destination)
  }
}
