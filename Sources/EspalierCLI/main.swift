import EspalierBrowser

let paths = CommandLine.arguments.dropFirst()
try browse(paths.first ?? "", paths.dropFirst().first)
