import EspalierTree

/// What a struct's or a tuple's fields are, those that the file leaves out because they take no bytes
/// among them.
struct JLD2Fields {
  enum Content {
    /// Stored, at this place of the members, as this type where it is known.
    case stored(Int, type: Int?)
    /// Not stored: all there is to know is its type.
    case type(Int)
  }

  var fields: [(name: [UInt8], content: Content)] = []
  var isPositional = false

  /// - Parameter types: of the members, 0 where nothing is known; or empty.
  init(_ members: [HDF5Datatype.Member], types: [Int] = []) {
    fields = members.enumerated().map { index, member in
      let type = index < types.count && types[index] != 0 ? types[index] : nil
      return (member.name, .stored(index, type: type))
    }
  }

  /// - Parameters:
  ///   - types: of all fields, in order.
  ///   - names: of all fields; nil to number them from 1.
  init(_ members: [HDF5Datatype.Member], allTypes types: [Int], names: [[UInt8]]?) {
    self.init(members)
    var known: [(name: [UInt8], content: Content)] = []
    var places: [[UInt8]: Int] = [:]
    for (index, member) in members.enumerated() { places[member.name] = index }
    var used = 0
    for (index, type) in types.enumerated() {
      let name = names.flatMap { index < $0.count ? $0[index] : nil } ?? Array("\(index + 1)".utf8)
      if let place = places[name] {
        known.append((name, .stored(place, type: type == 0 ? nil : type)))
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
