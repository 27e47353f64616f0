// What the project promises, measured: ratios against alternatives in one run, and limits.
//
//     ESPALIER_BENCH=1 swift run -c release espalier-bench \
//       [scale] [list] [many] [plan] [models] [explain] [save] [transposed]
//     … explain [layers] [modules] [one-list] [strangers] [deep] [tensors a side]
//
// `list`, `many` and `transposed` need ESPALIER_PYTHON, an interpreter with safetensors, h5py and torch; `save`
// writes 8 GB to $TMPDIR.

import Foundation

let wanted = Set(CommandLine.arguments.dropFirst())
func runs(_ name: String) -> Bool { wanted.isEmpty || wanted.contains(name) }

/// A line of the result: what, how much, what it has to stay below.
func report(_ what: String, _ value: Double, _ unit: String, limit: Double) {
  let verdict = value <= limit ? "ok  " : "OVER"
  let number = String(format: "%10.3f", value)
  print("\(verdict) \(number) \(unit)  (limit \(limit))  \(what)")
}

let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
  "espalier-bench-\(ProcessInfo.processInfo.processIdentifier)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

if runs("scale") { try benchmarkScale(folder) }
if runs("list") { try benchmarkListing(folder) }
if runs("many") { try benchmarkManyArrays(folder) }
if runs("plan") { try benchmarkPlanning() }
if runs("models") { try benchmarkModels() }
if runs("explain") { benchmarkDiagnosis(wanted) }
if runs("save") { try benchmarkSaving(folder) }
if runs("transposed") { try benchmarkTransposed(folder) }
