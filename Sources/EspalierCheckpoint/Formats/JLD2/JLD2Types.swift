import EspalierTree

/// A Julia type, as the file names it.
struct JLD2Type: Sendable {
  /// `Flux.Dense`, `Core.Tuple`, `NNlib.#relu`.
  var name: [UInt8]
  /// Addresses of the type's parameters: types, or values such as a named tuple's names.
  var parameters: [Int]
  /// Addresses of the types of the fields that are stored, 0 where nothing is said; or empty.
  var fieldTypes: [Int] = []

  var julia: JuliaName { JuliaName(name) }
  var shortName: String { julia.short }
  var shown: String { julia.shown }
  var function: String? { julia.function }

  var isTuple: Bool { shortName == "Tuple" || isRepeated }
  /// A tuple whose elements have one type: its parameters are their number and that type.
  var isRepeated: Bool { shortName == "NTuple" }
  var isNamedTuple: Bool { shortName == "NamedTuple" }
  var isDictionary: Bool { julia.isDictionary }
}

/// Reads Julia's types out of the file: committed types, and types that are values.
final class JLD2Types {
  private let metadata: HDF5Metadata
  private var known: [Int: JLD2Type?] = [:]
  private static let nestingLimit = 8

  init(_ metadata: HDF5Metadata) { self.metadata = metadata }

  /// The type at an address; nil where something else is there.
  func type(at address: Int) throws(CheckpointError) -> JLD2Type? {
    if let known = known[address] { return known }
    known[address] = .some(nil)
    let found = try read(address, depth: 0)
    known[address] = found
    return found
  }

  private func read(_ address: Int, depth: Int) throws(CheckpointError) -> JLD2Type? {
    guard depth < Self.nestingLimit else { return nil }
    let header = try HDF5ObjectHeader(metadata, at: address)
    if header.isDataset {
      let dataset = try HDF5Dataset(header, metadata)
      guard let range = dataset.plainRange(metadata.file), dataset.space.dimensions.isEmpty,
        !dataset.space.isNull
      else { return nil }
      var data = try metadata.cursor(at: range.lowerBound, range.count, "type")
      return try decode(dataset.type, &data, depth: depth)
    }
    var found: JLD2Type?
    var fieldTypes: [Int] = []
    for attribute in try metadata.attributes(of: header) {
      var data = attribute.cursor(metadata)
      if attribute.name.elementsEqual("julia_type".utf8) {
        found = try decode(attribute.type, &data, depth: depth)
      } else if attribute.name.elementsEqual("field_datatypes".utf8),
        case .reference = attribute.type.kind
      {
        fieldTypes = try addresses(in: &data, size: attribute.type.size)
      }
    }
    found?.fieldTypes = fieldTypes
    return found
  }

  /// - Parameter type: of a description of a type: its name and parameters, or a type with a variable.
  private func decode(
    _ type: HDF5Datatype, _ data: inout HDF5Cursor, depth: Int
  ) throws(CheckpointError) -> JLD2Type? {
    switch type.kind {
    case .reference:
      guard let next = try data.address("type"), next != 0 else { return nil }
      return try read(next, depth: depth + 1)
    case .compound(let members):
      if let body = members.first(where: { $0.name.elementsEqual("body".utf8) }),
        members.contains(where: { $0.name.elementsEqual("var".utf8) })
      {
        try data.skip(body.offset, "type")
        return try decode(body.type, &data, depth: depth)
      }
      guard let name = members.first(where: { $0.name.elementsEqual("name".utf8) }),
        name.type.isText
      else { return nil }
      var result = JLD2Type(name: [], parameters: [])
      var field = data
      try field.skip(name.offset, "type")
      result.name = try name.type.text(&field, metadata)
      if let parameters = members.first(where: { $0.name.elementsEqual("parameters".utf8) }) {
        var field = data
        try field.skip(parameters.offset, "type")
        result.parameters = try addresses(parameters.type, &field)
      }
      return result
    default: return nil
    }
  }

  private func addresses(
    _ type: HDF5Datatype, _ data: inout HDF5Cursor
  ) throws(CheckpointError) -> [Int] {
    guard case .sequence(let base) = type.kind, let base = base.first,
      case .reference = base.kind
    else { return [] }
    let bytes = try metadata.variable(&data, itemSize: base.size)
    var list = HDF5Cursor(
      bytes, at: 0, origin: metadata.file.region.origin, sizes: metadata.sizes)
    return try addresses(in: &list, size: base.size)
  }

  private func addresses(
    in list: inout HDF5Cursor, size: Int
  ) throws(CheckpointError) -> [Int] {
    var addresses: [Int] = []
    while list.remaining >= size {
      var item = try list.part(size, "type")
      addresses.append(try item.address("type") ?? 0)
    }
    return addresses
  }
}
