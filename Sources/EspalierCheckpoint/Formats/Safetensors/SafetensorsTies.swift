import EspalierTree

/// How tied arrays are kept in a format that has no ties: the values are stored once, and an entry of
/// the metadata has the other names, as JSON. An array that is the stored one altogether has its
/// name; one that sees it otherwise (transposed, a slice) says how, counted in elements of it:
///
///     {"head.weight": "embed.weight",
///      "decoder.weight": {"of": "embed.weight", "offset": 0, "shape": [8, 100], "strides": [1, 8]}}
///
/// Other readers see an array less and a text more. It is what the reference library's `save_model`
/// does with tied arrays and slices, and what its `load_model` asks for.
enum SafetensorsTies {
  static let key = Name("espalier.ties")

  /// A name whose values are stored under another.
  struct Tie {
    var name: [UInt8]
    var stored: [UInt8]
    /// How it sees the stored array; nil where it is that array.
    var view: View?
  }

  struct View {
    var shape: Shape
    var layout: Layout
  }

  /// Nil where the text is not what it should be.
  static func decode(_ text: [UInt8]) -> [Tie]? {
    let origin = ByteOrigin(file: "", offset: nil)
    guard let document = try? JSONDocument(text, origin: origin), document.root.kind == .object
    else { return nil }
    var ties: [Tie] = []
    for (name, value) in document.root.members {
      if let stored = value.text {
        ties.append(Tie(name: name, stored: stored))
      } else if let (stored, view) = view(value) {
        ties.append(Tie(name: name, stored: stored, view: view))
      } else {
        return nil
      }
    }
    return ties
  }

  private static func view(_ value: JSONValue) -> (stored: [UInt8], view: View)? {
    var stored: [UInt8]?
    var offset: Int?
    var lists: [[UInt8]: [Int]] = [:]
    for (key, field) in value.members {
      switch String(decoding: key, as: UTF8.self) {
      case "of": stored = field.text
      case "offset": offset = field.int
      case "shape", "strides":
        let numbers = field.elements.compactMap(\.int)
        guard field.kind == .array, numbers.count == field.count else { return nil }
        lists[key] = numbers
      default: return nil
      }
    }
    guard let stored, let offset, let shape = lists[Array("shape".utf8)],
      let strides = lists[Array("strides".utf8)]
    else { return nil }
    return (stored, View(shape: Shape(shape), layout: .strided(offset: offset, strides: strides)))
  }

  static func encode(_ ties: [Tie]) -> [UInt8] {
    var text = HeaderText()
    text.append("{")
    for (index, tie) in ties.enumerated() {
      if index > 0 { text.append(",") }
      text.quote(tie.name)
      text.append(":")
      guard let view = tie.view else {
        text.quote(tie.stored)
        continue
      }
      text.append("{\"of\":")
      text.quote(tie.stored)
      text.append(",\"offset\":")
      text.append(view.layout.offset())
      text.append(",\"shape\":")
      text.list(view.shape.dimensions)
      text.append(",\"strides\":")
      text.list(view.layout.strides(for: view.shape))
      text.append("}")
    }
    text.append("}")
    return text.bytes
  }
}

extension SafetensorsTies.View {
  /// Whether it lies within so many elements, and meets each of them once at most: only then can it
  /// be loaded into, and take no more than the file has.
  func fits(in elements: Int) -> Bool {
    guard let reach = layout.footprint(of: shape), !reach.isEmpty, reach.upperBound <= elements
    else { return false }
    return layout.isOneToOne(in: shape)
  }
}
