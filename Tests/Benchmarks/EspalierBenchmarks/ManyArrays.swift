import Espalier
import Foundation

/// Files of 10,000 arrays in the formats whose headers have no table that is read at once.
func benchmarkManyArrays(_ folder: URL) throws {
  let names = expertNames(leaves: 10_000)
  let gguf = folder.appendingPathComponent("many.gguf")
  try writeGGUF(names, to: gguf)
  try listing("10,000 tensors of a GGUF file", gguf, leaves: names.count)

  guard let python = ProcessInfo.processInfo.environment["ESPALIER_PYTHON"] else {
    print("skipped HDF5: set ESPALIER_PYTHON to an interpreter with h5py")
    return
  }
  for version in ["earliest", "latest"] {
    let file = folder.appendingPathComponent("many-\(version).h5")
    // Flat, and in groups, as h5py and as Keras name them.
    let script =
      "import sys,h5py\nwith h5py.File(sys.argv[1],'w',libver=sys.argv[2]) as f:\n"
      + " for i in range(5000):\n  f[f'w{i}']=[1.0,2.0]\n  f[f'layer_{i//2}/vars/{i%2}']=[1.0]\n"
    guard (try? output(python, ["-c", script, file.path, version])) != nil,
      FileManager.default.fileExists(atPath: file.path)
    else {
      print("skipped HDF5: \(python) has no h5py")
      return
    }
    try listing("10,000 datasets of an HDF5 file (\(version))", file, leaves: 10_000)
  }
}

private func listing(_ what: String, _ file: URL, leaves: Int) throws {
  let start = now()
  let checkpoint = try Checkpoint.open(FilePath(file.path))
  let seconds = now() - start
  guard checkpoint.tree.leafCount == leaves else {
    report("\(what): \(checkpoint.tree.leafCount) leaves found", .infinity, "s    ", limit: 2)
    return
  }
  report("listing \(what)", seconds, "s    ", limit: 2)
}

/// Version 3 with tensors of one float each, 32 bytes apart.
private func writeGGUF(_ names: [[UInt8]], to file: URL) throws {
  var bytes = Array("GGUF".utf8)
  func append<I: FixedWidthInteger>(_ value: I) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }
  append(UInt32(3))
  append(UInt64(names.count))
  append(UInt64(0))
  for (index, name) in names.enumerated() {
    append(UInt64(name.count))
    bytes += name
    append(UInt32(1))
    append(UInt64(1))
    append(UInt32(0))
    append(UInt64(index * 32))
  }
  bytes += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32 + names.count * 32)
  try Data(bytes).write(to: file)
}
