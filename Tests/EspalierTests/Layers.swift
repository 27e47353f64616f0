import Espalier

// Layers as a program of its own would have them: no code for the library, except where a test is
// about that.

typealias Tensor = ShapedArray<Float>

func ramp(_ shape: Shape, from first: Float = 1) -> Tensor {
  let count = shape.elementCount ?? 0
  return Tensor((0..<count).map { first + Float($0) }, shape: shape)
}
func filled(_ value: Float, _ shape: Shape) -> Tensor {
  Tensor(Array(repeating: value, count: shape.elementCount ?? 0), shape: shape)
}

protocol Layer {}

struct Dense: Layer {
  var weight: Tensor
  var bias: OptionalParameter<Tensor>
  var activation: (Float) -> Float = { $0 }

  init(
    _ weight: Tensor, _ bias: OptionalParameter<Tensor>,
    _ activation: @escaping (Float) -> Float = { $0 }
  ) {
    self.weight = weight
    self.bias = bias
    self.activation = activation
  }

  /// Values that no two layers share.
  init(_ inputs: Int, _ outputs: Int, seed: Float = 1, bias: Bool = true) {
    weight = ramp([outputs, inputs], from: seed)
    self.bias = bias ? .active(ramp([outputs], from: seed + 0.5)) : .inactive
  }
}

struct Conv: Layer {
  var weight: Tensor
  var bias: OptionalParameter<Tensor>
  var stride = (1, 1)

  init(_ kernel: (Int, Int), _ inputs: Int, _ outputs: Int, seed: Float = 1) {
    weight = ramp([outputs, inputs, kernel.0, kernel.1], from: seed)
    bias = .active(ramp([outputs], from: seed + 0.25))
  }
}

struct BatchNorm: Layer {
  var scale: Tensor
  var shift: Tensor
  var mean: Tensor
  var variance: Tensor
  var epsilon: Float = 1e-5
  var momentum: Float = 0.1
  var isAffine = true
  var isActive: Bool?
  var channels: Int

  init(_ channels: Int) {
    self.channels = channels
    scale = filled(1, [channels])
    shift = filled(0, [channels])
    mean = filled(0, [channels])
    variance = filled(1, [channels])
  }
}

struct Dropout: Layer {
  var rate: Float
  var isActive: Bool?
  init(_ rate: Float) { self.rate = rate }
}

struct MaxPool: Layer {
  var window: (Int, Int)
  init(_ window: (Int, Int)) { self.window = window }
}

struct Activation: Layer {
  var function: (Float) -> Float
  init(_ function: @escaping (Float) -> Float) { self.function = function }
}

struct Chain: Layer {
  var layers: [any Layer]
  init(_ layers: any Layer...) { self.layers = layers }
  subscript<T: Layer>(index: Int, as type: T.Type = T.self) -> T? { layers[index] as? T }
}

/// The elements of an active parameter.
extension OptionalParameter where Parameter == Tensor {
  var elements: [Float]? { parameter?.elements }
}

/// A dense layer whose memory is shared: loaded in place.
struct SharedDense {
  let weight: ArrayReference<Float>
  let bias: OptionalParameter<ArrayReference<Float>>

  init(_ weight: ArrayReference<Float>, _ bias: OptionalParameter<ArrayReference<Float>>) {
    self.weight = weight
    self.bias = bias
  }
}

func reference(_ shape: Shape, from first: Float = 1) -> ArrayReference<Float> {
  ArrayReference(ramp(shape, from: first).elements, shape: shape)
}
