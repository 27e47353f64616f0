import EspalierBrowser

// Opens the interface on a model of its own, opposite a file that fits or one that lacks an array,
// and prints what has become of the model.

struct Net {
  var value = ShapedArray<Float>.zeros([2])
  let reference = ArrayReference<Float>([0, 0])
  var rate = 0.5
}

let (path, what) = (CommandLine.arguments[1], CommandLine.arguments[2])
var arrays = ["value": ShapedArray<Float>([1, 2])]
if what == "whole" { arrays["reference"] = ShapedArray([3, 4]) }
try save(arrays, to: FilePath(path), replace: true)

var options = try BrowseOptions(settings: "[options]\nbytes = true")
if what == "filtered" { options.selection = try PathSelection(["value"]) }

let before = Net()
let after = try browse(before, against: path, options: options)
print("value \(after.value.elements), reference \(after.reference.elements)")
print("before \(before.value.elements), rate \(after.rate)")
