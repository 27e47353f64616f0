import Espalier
import EspalierTree
import Foundation

/// A header of 100,000 tensors against Python's `safe_open`, in one run.
func benchmarkListing(_ folder: URL) throws {
  guard let python = ProcessInfo.processInfo.environment["ESPALIER_PYTHON"] else {
    print("skipped list: set ESPALIER_PYTHON to an interpreter with safetensors")
    return
  }
  let file = folder.appendingPathComponent("list.safetensors")
  try writeTensors(expertNames(leaves: 100_000), to: file)
  let script =
    "import time,sys\nfrom safetensors import safe_open\nb=9e9\nfor _ in range(5):\n"
    + " t=time.perf_counter()\n with safe_open(sys.argv[1],'np') as f: n=len(list(f.keys()))\n"
    + " b=min(b,time.perf_counter()-t)\nprint(b)"
  let theirs = Double(try output(python, ["-c", script, file.path])) ?? 0
  var ours = Double.infinity
  for _ in 0..<5 {
    let start = now()
    let checkpoint = try Checkpoint.open(FilePath(file.path))
    guard checkpoint.tree.leafCount == 100_000 else { return }
    ours = min(ours, now() - start)
  }
  print("     list: safe_open \(theirs) s, here \(ours) s")
  report("listing 100,000 tensors against safe_open", ours / theirs, "times", limit: 0.1)
}

func benchmarkPlanning() throws {
  func tree(_ names: some Sequence<[UInt8]>) throws -> Tree {
    var builder = TreeBuilder(order: .natural)
    try [64, 32].withUnsafeBufferPointer { shape in
      for name in names {
        _ = try name.withUnsafeBytes { try builder.addArray(flatName: $0, .f32, dimensions: shape) }
      }
    }
    return builder.finish()
  }
  let names = expertNames(leaves: 100_000)
  let (left, right) = try (tree(names), tree(names.dropLast(1000)))
  let start = now()
  let plan = try LoadPlan(Alignment(left, right), mode: .strict)
  let seconds = now() - start
  guard plan.issueCount == 1000 else { return }
  report("planning 100,000 against 99,000 leaves", seconds, "s    ", limit: 0.2)
}

/// A load and save of 4 GB with equal types against `cp` and `sync`, in turn.
func benchmarkSaving(_ folder: URL) throws {
  let source = folder.appendingPathComponent("source.safetensors")
  try writeLarge(source, tensors: 64, megabytes: 64)
  try compareSaving(source, "loading and saving 4 GB against cp and sync", folder)
  try FileManager.default.removeItem(at: source)
}

/// The same for a PyTorch file with one large transposed matrix.
func benchmarkTransposed(_ folder: URL) throws {
  guard let python = ProcessInfo.processInfo.environment["ESPALIER_PYTHON"] else { return }
  let source = folder.appendingPathComponent("source.pt")
  let script =
    "import sys,torch\n"
    + "torch.save({'a':torch.ones(1<<26),'b':torch.ones(16000,12000).t()},sys.argv[1])"
  _ = try output(python, ["-c", script, source.path])
  guard FileManager.default.fileExists(atPath: source.path) else {
    return print("skipped transposed: ESPALIER_PYTHON has no torch")
  }
  try compareSaving(source, "1 GB with a transposed matrix against cp and sync", folder)
  try FileManager.default.removeItem(at: source)
}

private func compareSaving(_ source: URL, _ what: String, _ folder: URL) throws {
  var ratios: [Double] = []
  for _ in 0..<3 {
    let copy = folder.appendingPathComponent("copy")
    var start = now()
    _ = try output("/bin/sh", ["-c", "cp '\(source.path)' '\(copy.path)' && sync '\(copy.path)'"])
    let theirs = now() - start
    try FileManager.default.removeItem(at: copy)
    let out = folder.appendingPathComponent("out." + source.pathExtension)
    start = now()
    let file = try Checkpoint.open(FilePath(source.path))
    let plan = try LoadPlan(Alignment(file.tree, file.tree), destination: file, source: file)
    let loaded = try LoadedSource(plan, destination: file, source: file)
    let verified = Stopwatch()
    try Checkpoint.save(
      SaveRequest(
        loaded, like: file, to: FilePath(out.path),
        monitor: ProgressMonitor { done, total in
          // The second half of the progress is the verifying read.
          if done > total / 2 { verified.begin() }
          return true
        }))
    let end = now()
    let ours = (verified.began ?? end) - start
    print(
      "     save: cp and sync \(theirs) s, here \(ours) s, verifying read \(end - start - ours) s")
    try FileManager.default.removeItem(at: out)
    ratios.append(ours / theirs)
  }
  report(what, ratios.sorted()[1], "times", limit: 1.5)
  print("     peak memory \(peakMegabytes()) MB")
}

private final class Stopwatch: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var began: Double?
  func begin() { lock.withLock { if began == nil { began = now() } } }
}

private func writeLarge(_ file: URL, tensors: Int, megabytes: Int) throws {
  let size = megabytes << 20
  var header = "{"
  for index in 0..<tensors {
    header += index > 0 ? "," : ""
    header += "\"t\(index)\":{\"dtype\":\"F32\",\"shape\":[\(size / 4)],"
    header += "\"data_offsets\":[\(index * size),\((index + 1) * size)]}"
  }
  header += "}"
  guard FileManager.default.createFile(atPath: file.path, contents: nil) else { return }
  let handle = try FileHandle(forWritingTo: file)
  let length = UInt64(header.utf8.count)
  try handle.write(contentsOf: Data(withUnsafeBytes(of: length.littleEndian) { Array($0) }))
  try handle.write(contentsOf: Data(header.utf8))
  let block = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
  for _ in 0..<tensors { try handle.write(contentsOf: block) }
  try handle.synchronize()
  try handle.close()
}

private func peakMegabytes() -> Int {
  let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
  return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
}

func output(_ program: String, _ arguments: [String]) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}
