import Foundation

/// Real files that lie beside the project; tests that need them are skipped where they are absent.
public enum Shared {
  /// The folder above the project's root, found from this file's place in it.
  public static let folder: URL = {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    return root.deletingLastPathComponent().appendingPathComponent("shared")
  }()

  public static let checkpoints = folder.appendingPathComponent("checkpoints")
  public static let diagnosis = folder.appendingPathComponent("diagnosis")

  public static var hasCheckpoints: Bool { exists(checkpoints) }
  public static var hasDiagnosis: Bool { exists(diagnosis) }
  public static let skipReason: String = "the folder ../shared is absent"

  private static func exists(_ url: URL) -> Bool {
    FileManager.default.fileExists(atPath: url.path)
  }

  /// All regular files below a folder of `checkpoints`, without the expectations.
  public static func files(in folder: String) -> [URL] {
    let root = checkpoints.appendingPathComponent(folder)
    let all = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    return (all?.compactMap { $0 as? URL } ?? [])
      .filter { !$0.hasDirectoryPath && !$0.path.hasSuffix(".expected.tsv") }
      .sorted { $0.path < $1.path }
  }
}

/// What an independent reader found in a real file (`<file>.expected.tsv`).
public struct Expected: Sendable {
  public struct Tensor: Sendable, Hashable {
    public let path: String
    public let dtype: String
    public let shape: [Int]
    public let sha256: String
    /// Cells after the fourth, with the names of their columns.
    public let more: [String: String]
  }

  public let tensors: [Tensor]
  /// Comment lines by their first word: `leaf`, `note`, `reader`, `structure`.
  public let comments: [(kind: String, text: String)]

  public init?(beside file: URL) {
    guard let text = try? String(contentsOfFile: file.path + ".expected.tsv", encoding: .utf8)
    else { return nil }
    var tensors: [Tensor] = []
    var comments: [(kind: String, text: String)] = []
    var columns: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      if line.hasPrefix("#tensor path") {
        columns = line.dropFirst().split(separator: "\t").map(String.init)
      } else if line.hasPrefix("# ") {
        let parts = line.dropFirst(2).split(separator: ":", maxSplits: 1)
        comments.append(
          (String(parts[0]), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""))
      } else {
        let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
          .map { Self.unescape(String($0)) }
        guard cells.count >= 4 else { return nil }
        var more: [String: String] = [:]
        for (index, cell) in cells.enumerated() where index >= 4 && index < columns.count {
          more[columns[index]] = cell
        }
        tensors.append(
          Tensor(
            path: cells[0], dtype: cells[1],
            shape: cells[2].split { "[], ".contains($0) }.compactMap { Int($0) },
            sha256: cells[3], more: more))
      }
    }
    self.tensors = tensors
    self.comments = comments
  }

  private static func unescape(_ cell: String) -> String {
    var result = ""
    var escaped = false
    for character in cell {
      if escaped {
        switch character {
        case "t": result += "\t"
        case "n": result += "\n"
        case "r": result += "\r"
        default: result.append(character)
        }
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }
}
