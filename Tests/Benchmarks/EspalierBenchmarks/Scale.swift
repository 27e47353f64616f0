import EspalierTree
import Glibc

/// Names of a mixture-of-experts model: the largest trees that people have.
func expertNames(leaves: Int) -> [[UInt8]] {
  var names: [[UInt8]] = []
  names.reserveCapacity(leaves)
  var layer = 0
  while names.count < leaves {
    for expert in 0..<128 {
      for part in ["w1", "w2", "w3"] {
        for kind in ["weight", "bias"] where names.count < leaves {
          names.append(Array("model.layers.\(layer).mlp.experts.\(expert).\(part).\(kind)".utf8))
        }
      }
    }
    layer += 1
  }
  return names
}

func buildTree(_ names: [[UInt8]]) throws -> Tree {
  var builder = TreeBuilder(order: .natural)
  builder.reserve(leaves: names.count)
  let dimensions = [64, 32]
  try dimensions.withUnsafeBufferPointer { shape in
    for name in names {
      _ = try name.withUnsafeBytes { try builder.addArray(flatName: $0, .f32, dimensions: shape) }
    }
  }
  return builder.finish()
}

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  guard fgets(&line, 256, file) != nil else { return 0 }
  let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
}
