import EspalierTree

/// What a struct's or a tuple's fields are, those that the file leaves out because they take no bytes
/// among them.
struct JLD2Fields {
  enum Content {
    /// Stored, at this place of the members.
    case stored(Int)
    /// Not stored: all there is to know is its type.
    case type(Int)
  }

  var fields: [(name: [UInt8], content: Content)] = []
  var isPositional = false

  init(_ members: [HDF5Datatype.Member]) {
    fields = members.enumerated().map { ($0.element.name, .stored($0.offset)) }
  }

  /// - Parameter names: of all fields, in order; nil to number them from 1.
  init(_ members: [HDF5Datatype.Member], types: [Int], names: [[UInt8]]?) {
    self.init(members)
    var known: [(name: [UInt8], content: Content)] = []
    var places: [[UInt8]: Int] = [:]
    for (index, member) in members.enumerated() { places[member.name] = index }
    var used = 0
    for (index, type) in types.enumerated() {
      let name = names.flatMap { index < $0.count ? $0[index] : nil } ?? Array("\(index + 1)".utf8)
      if let place = places[name] {
        known.append((name, .stored(place)))
        used += 1
      } else {
        known.append((name, .type(type)))
      }
    }
    // Types that do not fit the members are not believed.
    guard used == members.count else { return }
    fields = known
    isPositional = names == nil
  }

  static func areNumbered(_ members: [HDF5Datatype.Member]) -> Bool {
    !members.isEmpty
      && members.allSatisfy { member in
        !member.name.isEmpty && member.name.allSatisfy { (0x30...0x39).contains($0) }
      }
  }
}
