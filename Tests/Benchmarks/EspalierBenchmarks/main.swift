import EspalierTree

let names = expertNames(leaves: CommandLine.arguments.count > 1 ? 300_000 : 1_000_000)
let before = residentBytes()
var t = now()
let a = try buildTree(names)
print("build", now() - t, a.nodeCount, (residentBytes() - before) / a.leafCount)
t = now()
let b = try buildTree(names)
print("build", now() - t)
t = now()
let al = Alignment(a, b)
print("align", now() - t, al.count, (residentBytes() - before) / 2_000_000)
