import EspalierTree

/// Floats of 4 bits, two in a byte with the first in the lower half, and a scale for each block of 16
/// or 32: a power of two (MXFP4, as in gpt-oss and compressed-tensors), or a float of 8 bits that is
/// scaled once more for the whole tensor (NVFP4).
struct FourBitFloats: Computation {
  /// Bytes and scales of a line.
  let bytes: Int
  let groups: Int
  /// Scales are the exponents of powers of two, less 127.
  let isExponent: Bool
  let whole: Whole

  /// What the scale of the whole tensor does.
  enum Whole: Sendable { case none, multiplies, divides }

  private static let values: [Float] = [
    0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6,
  ]

  static func node(_ parts: PackedParts) throws(StepError) -> ValueNode? {
    if let codes = parts.part(endingIn: "blocks"), let scales = parts.part(endingIn: "scales") {
      guard codes.shape.count >= 3, let size = codes.shape.last else { return nil }
      let flat = codes.shape.dropLast(2) + [codes.shape[codes.shape.count - 2] * size]
      return try node(codes, Array(flat), scales, nil, .none)
    }
    guard let codes = parts["weight_packed"] ?? parts["weight"], codes.node.dtype == .u8,
      let scales = parts["weight_scale"]
    else { return nil }
    if parts["weight_zero_point"] != nil {
      throw PackedParts.unsupported("4-bit floats with zero points")
    }
    if let whole = parts["weight_scale_2"] {
      return try node(codes, codes.shape, scales, whole, .multiplies)
    }
    let whole = parts["weight_global_scale"]
    return try node(codes, codes.shape, scales, whole, whole == nil ? .none : .divides)
  }

  /// - Parameter shape: lines of bytes.
  private static func node(
    _ codes: Part, _ shape: [Int], _ scales: Part, _ whole: Part?, _ use: Whole
  ) throws(StepError) -> ValueNode? {
    let isExponent = scales.node.dtype == .u8 || scales.node.dtype == .f8e8m0
    guard codes.node.dtype.bytesPerBlock == 1, let bytes = shape.last,
      let groups = scales.shape.last, groups > 0, bytes * 2 % groups == 0,
      shape.dropLast() == scales.shape.dropLast(), [16, 32].contains(bytes * 2 / groups),
      isExponent || scales.node.dtype.kind == .float
    else {
      throw StepError(
        found: "bytes \(Shape(codes.shape)) with scales \(Shape(scales.shape))",
        expected: "a scale for each 16 or 32 elements of a line")
    }
    if let whole, whole.node.elementCount != 1 {
      throw StepError(
        found: "a scale of the whole of the shape \(Shape(whole.shape))", expected: "one number")
    }
    let step = FourBitFloats(bytes: bytes, groups: groups, isExponent: isExponent, whole: use)
    return ValueNode(
      .f32, shape.dropLast() + [bytes * 2],
      .computed(step, [codes.node, scales.node] + (whole.map { [$0.node] } ?? [])))
  }

  func open(_ parts: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let codes = try WordStream(parts[0], context)
    let scales = try scales(parts[1], context)
    let given = parts.count > 2 ? try FloatStream.all(parts[2], context).first : nil
    let factor: Float = whole == .divides ? 1 / (given ?? 1) : given ?? 1
    let size = max(1, bytes * 2 / groups)
    return ComputedReader { [self] in
      guard codes.left > 0 else { return [] }
      let line = try codes.nextBytes(bytes)
      let scale = try scales(groups).map { $0 * factor }
      var values = [Float](repeating: 0, count: bytes * 2)
      for column in values.indices {
        let code = Int(line[column / 2] >> UInt8(column % 2 * 4) & 15)
        values[column] = Self.values[code] * scale[column / size]
      }
      return values
    }
  }

  private func scales(
    _ node: ValueNode, _ context: ReadContext
  ) throws -> (Int) throws -> [Float] {
    guard isExponent else {
      let stream = try FloatStream(node, context)
      return { try stream.next($0) }
    }
    let stream = try WordStream(node, context)
    return { count in
      try stream.nextBytes(count).map { byte in
        // 255 says that there is no number.
        if byte == 255 { return .nan }
        return byte == 0 ? 0x1p-127 : Float(bitPattern: UInt32(byte) << 23)
      }
    }
  }
}
