import ArgumentParser
import Espalier
import Foundation

extension CompletionKind {
  /// Paths inside the checkpoint that is the first (0) or second (1) file on the command line.
  static func pathsInside(argument number: Int) -> CompletionKind {
    .custom { words, _, typed in
      let files = words.dropFirst().filter {
        !$0.hasPrefix("-") && FileManager.default.fileExists(atPath: $0)
      }
      guard number < files.count,
        let checkpoint = try? Checkpoint.open(FilePath(files[number]))
      else { return [] }
      return checkpoint.tree.names(beginningWith: Array(typed.utf8))
    }
  }
}

extension Tree {
  /// The nodes that what has been typed may lead to: as far as the next separator, as a shell does
  /// it with folders.
  func names(beginningWith typed: [UInt8], limit: Int = 500) -> [String] {
    var found: [String] = []
    var pending = [NodeID.root]
    while let branch = pending.popLast(), found.count < limit {
      for child in children(of: branch) {
        let name = path(of: child).flatName.bytes
        if name.count > typed.count || name == typed {
          // What a shell could take for something else is left to be typed.
          guard name.starts(with: typed), name.allSatisfy(Self.isHarmless) else { continue }
          found.append(String(decoding: name, as: UTF8.self))
          if name == typed { pending.append(child) }
        } else if typed.starts(with: name) {
          pending.append(child)
        }
        if found.count >= limit { break }
      }
    }
    return found
  }

  private static func isHarmless(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "@"):
      true
    default: byte >= 0x80
    }
  }
}
