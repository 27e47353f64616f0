import Foundation

/// Files and folders whose paths begin with what has been typed; folders end in a slash.
func pathCompletions(_ start: String) -> [String] {
  let slash = start.lastIndex(of: "/")
  let folder = slash.map { String(start[...$0]) } ?? ""
  let begin = slash.map { String(start[start.index(after: $0)...]) } ?? start
  let place = folder.isEmpty ? "." : (folder as NSString).expandingTildeInPath
  let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
  return names.filter { $0.hasPrefix(begin) && (begin.hasPrefix(".") || !$0.hasPrefix(".")) }
    .sorted().prefix(200)
    .map { name in
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(
        atPath: place + "/" + name, isDirectory: &isFolder)
      return folder + name + (exists && isFolder.boolValue ? "/" : "")
    }
}
