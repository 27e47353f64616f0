import EspalierCheckpoint
import Testing

/// Files that are not what they say are named.
@Suite struct ForeignContentTests {
  static let cases: [(content: [UInt8], says: String)] = [
    ([], "found an empty file, expected a checkpoint; download it again"),
    (
      Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n".utf8),
      "a Git LFS pointer, which only names the real file, expected a checkpoint; run “git lfs pull”"
    ),
    (Array("\n <!DOCTYPE html><html>".utf8), "found a web page"),
    ([0xef, 0xbb, 0xbf] + Array("<HTML>".utf8), "found a web page"),
    (Array("<?xml version='1.0'?><Error/>".utf8), "found an XML document"),
    (Array("Entry not found".utf8), "there is no such file"),
    ([UInt8](repeating: 0, count: 5000), "nothing but zero bytes"),
    ([0x1f, 0x8b, 8, 0, 0], "found a gzip archive, expected a checkpoint; unpack it"),
    ([0x28, 0xb5, 0x2f, 0xfd, 0], "found a Zstandard archive"),
    ([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "found a 7z archive"),
    (Array("7JL\u{1}".utf8), "Julia's Serialization"),
    (Array("lmgg\u{1}\0\0\0".utf8), "a model in an early format of ggml"),
    (Array("FUGG\u{1}\0\0\0".utf8), "a model in an early format of ggml"),
    ([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a], "found a PNG image"),
    (Array("GIF89a".utf8), "found a GIF image"),
    ([0x80, 4, 0x95, 0, 0], "a broken Python pickle"),
    (
      Array("cos\nsystem\n(S'ls'\ntR.".utf8),
      "a Python pickle that names os.system: Python would run code from it"
    ),
    // Begins and ends as no pickle does by rule.
    (
      Array("Vls\np0\n0cos\nsystem\n(g0\ntR.\n".utf8),
      "a Python pickle that names os.system: Python would run code from it"
    ),
    (
      // The first of two that stand in a row is harmless.
      [0x80, 2] + Array("N.".utf8) + [0x80, 2] + Array("c__builtin__\neval\n.".utf8),
      "a Python pickle that names __builtin__.eval: Python would run code from it"
    ),
    ([0x80, 2] + Array("cmodel\nNet\n)R.".utf8), "names model.Net, which Python would import"),
    (
      [0x80, 2] + Array("}(X".utf8) + [1, 0, 0, 0] + Array("aK".utf8) + [1] + Array("u.".utf8),
      "a Python pickle of plain data"
    ),
    (
      Array("sys_info".utf8) + [UInt8](repeating: 0, count: 1016),
      "a PyTorch file from before version 0.1.10"
    ),
    (Array("PK".utf8) + [3, 4, 20, 0, 1, 0, 0, 0], "an encrypted zip archive"),
    (
      Array("PK".utf8) + [3, 4, 20, 0, 0, 0, 0, 0],
      "a zip archive without its end, as after an unfinished download, expected a checkpoint; "
        + "download it again"
    ),
    (
      Array("PK".utf8) + [3, 4, 20, 0, 0, 0, 0, 0] + Array("PK".utf8) + [5, 6]
        + [UInt8](repeating: 0, count: 18), "found a zip archive, expected one of"
    ),
    (Array("{\"error\": \"no\"}".utf8), "found a JSON file without a list “tensors”"),
    (Array("epoch 3, loss 0.1\n".utf8), "found a text file"),
    ([0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8, 0xf7], "that begins with fffefdfcfbfaf9f8"),
  ]

  @Test(arguments: [
    ("variables.data-00000-of-00001", "a TensorFlow file of mere values"),
    ("saved_model.pb", "a TensorFlow graph"), ("model.meta", "a TensorFlow graph"),
    ("variables.data-1", "that begins with"), ("data-00000-of-00001.x", "that begins with"),
  ])
  func aNameMayGiveContentAway(_ name: String, _ says: String) {
    let folder = TemporaryFolder()
    let error = openAndReadAll(folder.write(name, [0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa]))
    #expect(error?.sentence.contains(says) == true, "\(error?.sentence ?? "opened")")
  }

  @Test(arguments: cases)
  func isNamed(_ content: [UInt8], _ says: String) {
    let folder = TemporaryFolder()
    let error = openAndReadAll(folder.write("model.safetensors", content))
    #expect(error?.sentence.contains(says) == true, "\(error?.sentence ?? "opened")")
    #expect([.notACheckpoint, .unsupported, .encrypted, .truncated].contains(error?.code))
  }

  @Test func foldersAndMissingFilesAreNamed() {
    let folder = TemporaryFolder()
    #expect(openAndReadAll(folder.path)?.sentence.contains("found an empty folder") == true)
    folder.write("a.txt", Array("x".utf8))
    #expect(
      openAndReadAll(folder.path)?.sentence.contains("1 file, not a checkpoint") == true,
      "\(openAndReadAll(folder.path)?.sentence ?? "")")
    #expect(openAndReadAll(folder.file("b"))?.code == .notFound)
    #expect(openAndReadAll("/dev/null")?.code == .notARegularFile)
  }
}
