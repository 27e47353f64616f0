import Espalier
import EspalierTree
import EspalierUI
import Foundation

/// Names of a mixture-of-experts model: the largest trees that people have.
func expertNames(leaves: Int) -> [[UInt8]] {
  var names: [[UInt8]] = []
  names.reserveCapacity(leaves)
  var layer = 0
  while names.count < leaves {
    for expert in 0..<128 {
      for part in ["w1", "w2", "w3"] {
        for kind in ["weight", "bias"] where names.count < leaves {
          names.append(Array("layers.\(layer).experts.\(expert).\(part).\(kind)".utf8))
        }
      }
    }
    layer += 1
  }
  return names
}

/// A safetensors file of one-byte tensors.
func writeTensors(_ names: [[UInt8]], to file: URL) throws {
  var header = Array("{".utf8)
  for (index, name) in names.enumerated() {
    if index > 0 { header.append(UInt8(ascii: ",")) }
    header += Array("\"".utf8) + name
    header += Array(
      "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[\(index),\(index + 1)]}".utf8)
  }
  header.append(UInt8(ascii: "}"))
  var data = Data(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) })
  data.append(contentsOf: header)
  data.append(Data(count: names.count))
  try data.write(to: file)
}

/// A million leaves on each side: from two files to the first answer, memory, and every key.
func benchmarkScale(_ folder: URL) throws {
  let (left, right) = (folder.appendingPathComponent("a.st"), folder.appendingPathComponent("b.st"))
  do {
    // The longest header that is accepted holds a little over a million short names.
    let names = expertNames(leaves: 1_000_000)
    try writeTensors(names, to: left)
    try writeTensors(names.dropLast(1000) + (0..<1000).map { Array("new.\($0)".utf8) }, to: right)
  }
  let before = residentBytes()
  let start = now()
  let opened = try inParallel(
    { try Checkpoint.open(FilePath(left.path)) }, { try Checkpoint.open(FilePath(right.path)) })
  let openedAt = now()
  let (destination, source) = opened
  var state = AppState(destination: left.path, source: right.path, width: 160, height: 50)
  var effects = state.start()
  effects += reduce(into: &state, .opened(.destination, file(destination)))
  effects += reduce(into: &state, .opened(.source, file(source)))
  guard
    case .plan(let request)? = effects.last(where: { if case .plan = $0 { true } else { false } })
  else { return }
  let pairing = request.pairing()
  let plan = try LoadPlan(pairing.planned, mode: .lenient, destination: destination, source: source)
  let comparison = Comparison(pairing, plan: plan)
  _ = reduce(into: &state, .planned(request.number, comparison))
  _ = render(state)
  let ready = now()
  report("opening 1,000,000 leaves on each side", openedAt - start, "s    ", limit: 1)
  report("… and aligned, planned, shown", ready - start, "s    ", limit: 1)
  report(
    "memory for each leaf, all in", Double(residentBytes() - before) / 2_000_000, "bytes",
    limit: 200)

  var times: [Double] = []
  let keys: [Key.Code] = [.character("j"), .character("]"), .character("="), .character("G")]
  for round in 0..<1200 {
    let code = round % 40 == 39 ? keys[2 + round / 40 % 2] : keys[round / 20 % 2]
    let begin = now()
    _ = reduce(into: &state, .input(.key(Key(code))))
    _ = render(state)
    times.append(now() - begin)
  }
  times.sort()
  report(
    "a key at that size, 99th percentile", times[times.count * 99 / 100] * 1000, "ms   ", limit: 2)
}

private func file(_ checkpoint: Checkpoint) -> OpenFile {
  OpenFile(
    path: checkpoint.path.description, format: checkpoint.format.name,
    byteCount: checkpoint.size, tree: checkpoint.tree, rootNode: checkpoint.root)
}

/// Runs two things on two threads.
private func inParallel<T: Sendable>(
  _ first: @escaping @Sendable () throws -> T, _ second: @escaping @Sendable () throws -> T
) throws -> (T, T) {
  let box = Box<T>()
  let group = DispatchGroup()
  DispatchQueue.global().async(group: group) { box.put(Result { try second() }) }
  let one = try first()
  group.wait()
  return (one, try box.value!.get())
}

private final class Box<T: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var value: Result<T, any Error>?
  func put(_ result: Result<T, any Error>) { lock.withLock { value = result } }
}

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func residentBytes() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
    return 0
  }
  return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
}
