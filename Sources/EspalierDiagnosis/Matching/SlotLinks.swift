/// Links by destination slot, walked in the order of the slots.
struct SlotLinks: Sequence {
  private var links: [SlotLink?]
  private(set) var count = 0

  /// No links yet, for so many destination slots.
  init(slots: Int) { links = [SlotLink?](repeating: nil, count: slots) }

  subscript(_ destination: Int) -> SlotLink? {
    get { links[destination] }
    set {
      count += (newValue == nil ? 0 : 1) - (links[destination] == nil ? 0 : 1)
      links[destination] = newValue
    }
  }

  func contains(_ destination: Int) -> Bool { links[destination] != nil }

  mutating func removeAll() { self = SlotLinks(slots: links.count) }

  /// Linked destination slots, ascending.
  var destinations: [Int] { links.indices.filter { links[$0] != nil } }

  func makeIterator() -> some IteratorProtocol<(destination: Int, link: SlotLink)> {
    links.enumerated().lazy.compactMap { at, link in link.map { (destination: at, link: $0) } }
      .makeIterator()
  }
}
