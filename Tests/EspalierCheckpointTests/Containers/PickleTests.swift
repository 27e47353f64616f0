import EspalierCheckpoint
import Testing

@Suite struct PickleTests {
  let origin = ByteOrigin(file: "x.pkl")

  func document(
    _ bytes: [UInt8], _ limits: PickleLimits = PickleLimits()
  ) throws(CheckpointError) -> PickleDocument {
    try PickleDocument(bytes, origin: origin, limits: limits)
  }
  func document(_ text: String) throws(CheckpointError) -> PickleDocument {
    try document(Array(text.utf8))
  }
  func code(_ bytes: [UInt8], _ limits: PickleLimits = PickleLimits()) -> CheckpointError.Code? {
    failure { () throws(CheckpointError) in _ = try document(bytes, limits) }?.code
  }
  func code(_ text: String) -> CheckpointError.Code? { code(Array(text.utf8)) }

  @Test(arguments: 0...5) func readsEveryProtocol(version: Int) throws {
    let fixture = pickleFixtures[version]
    // What follows the pickle is not touched.
    let pickle = try document(fixture + [0xff, 0xff])
    #expect(pickle.end == fixture.count)
    #expect(pickle.protocolVersion == (version < 2 ? 0 : version))
    let root = pickle.root
    #expect(pickle.pairs(root).count == 12)
    func at(_ key: String) throws -> PickleID { try #require(pickle.value(root, key: key)) }

    let ordered = try at("od")
    let call = try #require(pickle.call(ordered))
    #expect(pickle.global(call.callable)?.isNamed("collections.OrderedDict") == true)
    #expect(pickle.pairs(ordered).map { pickle.text($0.key) } == [[97], [98]])
    let list = pickle.elements(try #require(pickle.value(ordered, key: "b")))
    #expect(pickle.float(list[0]) == 2.5)
    #expect(pickle.isNone(list[1]))
    #expect(pickle.bool(list[2]) == true && pickle.bool(list[3]) == false)
    #expect(list[4...].map { pickle.integer($0) } == [-1, 1 << 40, nil, 1 << 31])
    #expect(pickle.kind(list[6]) == .bigInteger)
    #expect(pickle.bytes(list[6]) == [0, 0, 0, 0, 0, 0, 0, 0, 0xc0])

    let pair = pickle.elements(try at("t"))
    #expect(pair.count == 2 && pair[0] == pair[1])
    #expect(pickle.elements(pair[0]).map { pickle.integer($0) } == [1, 2])
    #expect(try pickle.text(at("u")) == Array("é漢".utf8))
    #expect(try pickle.elements(at("n")).isEmpty && pickle.elements(at("e")).isEmpty)
    #expect(try pickle.elements(at("three")).map { pickle.integer($0) } == [1, 2, 3])
    let cycle = try at("cyc")
    #expect(pickle.elements(cycle) == [cycle])
    if version >= 3 { #expect(try pickle.bytes(at("by")) == [0, 0xff]) }
    if version >= 4 {
      #expect(try pickle.kind(at("s")) == .set && pickle.kind(at("fs")) == .frozenSet)
    }
    if version == 5 { #expect(try pickle.kind(at("ba")) == .byteArray) }
    #expect(pickle.globals.allSatisfy { $0.risk == .data })

    var visits = 0
    pickle.walk(from: root) { _, _ in
      visits += 1
      return true
    }
    #expect(visits > 40 && visits < 100)
  }

  @Test func rangesAreInTheFile() throws {
    let folder = TemporaryFolder()
    let bytes = [9, 9, 9] + pickleFixtures[4]
    let region = ByteRegion(try InputFile(folder.write("p", bytes)))
    let pickle = try PickleDocument(try region.slice(at: 3, count: bytes.count - 3))
    let text = try #require(pickle.value(pickle.root, key: "u"))
    let range = try #require(pickle.fileRange(text))
    #expect(Array(bytes[range]) == Array("é漢".utf8))
  }

  @Test func readsOnlyAsFarAsItMust() throws {
    let folder = TemporaryFolder()
    let long = [0x42, 0, 0, 3, 0] + pattern(3 << 16) + [0x2e]
    let region = ByteRegion(try InputFile(folder.write("p", long + [0x4e, 0x2e, 0xff])))
    let first = try PickleDocument(region)
    #expect(first.end == long.count)
    #expect(first.bytes(first.root) == pattern(3 << 16))
    let rest = try region.slice(at: first.end, count: region.count - first.end)
    let second = try PickleDocument(rest)
    #expect(second.isNone(second.root) && second.end == 2)
  }

  @Test(arguments: [
    ("I7\n.", 7), ("I-7\n.", -7), ("L12L\n.", 12), ("L-12\n.", -12), ("K\u{7}.", 7),
  ]) func integers(text: String, value: Int) throws {
    let pickle = try document(text)
    #expect(pickle.integer(pickle.root) == value)
  }

  @Test(
    arguments: [
      ([0x8a, 0], 0), ([0x8a, 1, 0xff], -1), ([0x8a, 2, 0xff, 0], 255),
      ([0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x80], Int.min), ([0x8b, 1, 0, 0, 0, 5], 5),
      ([0x4a, 0xfe, 0xff, 0xff, 0xff], -2), ([0x4d, 0xff, 0xff], 65535),
    ] as [([UInt8], Int)]) func binaryIntegers(bytes: [UInt8], value: Int) throws
  {
    let pickle = try document(bytes + [0x2e])
    #expect(pickle.integer(pickle.root) == value)
  }

  @Test func protocolZeroTexts() throws {
    let cases: [(String, [UInt8])] = [
      ("S'a\\'b\\x41\\n\\101\\\\'\n.", Array("a'bA\nA\\".utf8)), ("S\"\"\n.", []),
      ("S'\\q\\'\n.", Array("\\q\\".utf8)), ("V\\u00e9\\u6f22\\U0001f333x\n.", Array("é漢🌳x".utf8)),
      ("V\\ud800\n.", [0xed, 0xa0, 0x80]), ("Va\\b\n.", Array("a\\b".utf8)),
    ]
    for (text, bytes) in cases {
      let pickle = try document(text)
      #expect(pickle.text(pickle.root) == bytes)
    }
    let latin = try document([0x56, 0xe9, 0x0a, 0x2e])
    #expect(latin.text(latin.root) == Array("é".utf8))
    for (text, value) in [("F2.5\n.", 2.5), ("F-inf\n.", -.infinity), ("F1e-3\n.", 0.001)] {
      let pickle = try document(text)
      #expect(pickle.float(pickle.root) == value)
    }
    let truths = try document("(I01\nI00\nt.")
    #expect(truths.elements(truths.root).map { truths.bool($0) } == [true, false])
  }

  @Test func objectsAndStates() throws {
    // An instance made in each way, given a state, items and pairs.
    for text in [
      "cm\nC\n(I1\nt\u{81}", "(cm\nC\nI1\no", "(I1\nim\nC\n", "cm\nC\n(I1\ntR",
      "cm\nC\n(I1\nt}\u{92}",
    ] {
      let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
      let pickle = try document(bytes + Array("}S'k'\nI5\nsbI2\na(I3\nI4\neI6\nI7\ns.".utf8))
      let call = try #require(pickle.call(pickle.root))
      #expect(pickle.global(call.callable) == PickleGlobal(module: [109], name: [67]))
      #expect(pickle.elements(call.arguments).map { pickle.integer($0) } == [1])
      let state = try #require(pickle.state(pickle.root))
      #expect(pickle.value(state, key: "k").flatMap { pickle.integer($0) } == 5)
      #expect(pickle.elements(pickle.root).map { pickle.integer($0) } == [2, 3, 4])
      #expect(pickle.pairs(pickle.root).map { pickle.integer($0.value) } == [7])
      #expect((pickle.keywordArguments(pickle.root) != nil) == text.hasSuffix("\u{92}"))
    }
  }

  @Test func persistentIDsBuffersAndExtensions() throws {
    let named = try document("Pabc\n.")
    #expect(named.persistentID(named.root).flatMap { named.text($0) } == Array("abc".utf8))
    let tuple = try document("(S'storage'\nI1\ntQ.")
    #expect(tuple.persistentID(tuple.root).map { tuple.elements($0).count } == 2)
    let buffers = try document([0x28, 0x97, 0x97, 0x98, 0x82, 5, 0x74, 0x2e])
    #expect(buffers.elements(buffers.root).map { buffers.number($0) } == [0, 1, 5])
  }

  @Test func laterKeysCount() throws {
    let pickle = try document("(S'a'\nI1\nS'a'\nI2\nd.")
    #expect(pickle.pairs(pickle.root).count == 2)
    #expect(pickle.value(pickle.root, key: "a").flatMap { pickle.integer($0) } == 2)
  }

  @Test(arguments: [
    "", ".", "0.", "1.", "2.", "N", "N0.", "t.", "(", "(.", "s.", "N(0a.", "]a.", "}Ns.", "}(Nu.",
    "(Nd.", "Na.", "NNNs.", "NNb.", "]Nb.", ")(Ne.", "g0\n.", "h\u{1}.", "p0\n.", "I\n.", "Ix\n.",
    "I1_0\n.", "F\n.", "Sx\n.", "Sabc'\n.", "cfoo", "cfoo\nbar", "(o.", "R.", "NR.", "\u{7}.",
    "Lx\n.",
    "P", "Q.", "I99999999999999999999999999999999x\n.", "p-1\n.", "Np-1\n.", "Npx\n.",
  ]) func refusesNonsense(text: String) { #expect(code(text) != nil) }

  @Test(
    arguments: [
      [0x80, 6, 0x4e, 0x2e], [0x95, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x4e, 0x2e],
      [0x54, 0xff, 0xff, 0xff, 0xff, 0x2e], [0x58, 0xff, 0xff, 0xff, 0xff, 0x2e],
      [0x8e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x2e],
      [0x8b, 0xff, 0xff, 0xff, 0xff, 0x2e],
      [0x8b, 0xff, 0xff, 0xff, 0x7f, 0x2e], [0x4e, 0x4e, 0x93, 0x2e],
      [0x8f, 0x4e, 0x61, 0x4e, 0x90, 0x2e],
      [0x96, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x2e], [0x98, 0x2e], [0x94, 0x2e], [0x85, 0x2e],
      [0x4e, 0x86, 0x2e],
    ] as [[UInt8]]) func refusesClaimsBeyondTheBytes(bytes: [UInt8])
  { #expect(code(bytes) != nil) }

  @Test func depthCostsNoStack() throws {
    let count = 200_000
    let lists = [UInt8](repeating: 0x5d, count: count) + [UInt8](repeating: 0x61, count: count - 1)
    let nested = try document(lists + [0x2e])
    var deepest = 0
    nested.walk(from: nested.root) { _, depth in
      deepest = max(deepest, depth)
      return true
    }
    #expect(deepest == count - 1)
    nested.walk(from: nested.root, maxDepth: 10) { _, depth in
      #expect(depth <= 10)
      return true
    }
    let tuples = try document([0x4e] + [UInt8](repeating: 0x85, count: count) + [0x2e])
    #expect(tuples.elements(tuples.root).count == 1)
    #expect(try document([UInt8](repeating: 0x28, count: count) + [0x4e, 0x2e]).end == count + 2)
  }

  /// Tuples of themselves, doubled sixty times: 2^60 if it were spelt out.
  @Test func sharingIsNotSpeltOut() throws {
    var bytes: [UInt8] = [0x29]
    for _ in 0..<60 { bytes += [0x32, 0x86] }
    bytes.append(0x2e)
    let pickle = try document(bytes)
    var visits = 0
    pickle.walk(from: pickle.root) { _, _ in
      visits += 1
      return true
    }
    #expect(visits == 61)
  }

  @Test func limitsHold() {
    let bytes = pickleFixtures[4]
    for path: WritableKeyPath<PickleLimits, Int> in [
      \.bytes, \.opcodes, \.objects, \.stack, \.memo,
    ] {
      var limits = PickleLimits()
      limits[keyPath: path] = 5
      #expect(code(bytes, limits) == .limitExceeded)
    }
  }

  @Test(arguments: 0...5) func everyTruncationIsRefused(version: Int) {
    let bytes = pickleFixtures[version]
    for count in 0..<bytes.count { #expect(code(Array(bytes[..<count])) != nil, "\(count)") }
  }

  @Test(arguments: 0...5) func changedBytesNeverTrap(version: Int) {
    let bytes = pickleFixtures[version]
    var read = 0
    for index in bytes.indices {
      for mask: UInt8 in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
        var damaged = bytes
        damaged[index] ^= mask
        guard let pickle = try? document(damaged) else { continue }
        read += 1
        pickle.walk(from: pickle.root) { id, _ in
          _ = (pickle.bytes(id), pickle.pairs(id), pickle.call(id), pickle.global(id)?.risk)
          return true
        }
      }
    }
    #expect(read > 0)
  }

  @Test(
    arguments: [
      ("collections.OrderedDict", .data), ("torch._utils._rebuild_tensor_v2", .data),
      ("torch.FloatStorage", .data), ("torch.cuda.HalfStorage", .data), ("torch.float32", .data),
      ("numpy.core.multiarray._reconstruct", .data), ("builtins.set", .data),
      ("__builtin__.bytearray", .data), ("torch.nn.modules.linear.Linear", .unknown),
      ("models.code.Net", .unknown), ("__torch__.Net", .unknown), ("torch.float32.x", .unknown),
      ("os.system", .dangerous), ("posix.system", .dangerous), ("builtins.eval", .dangerous),
      ("__builtin__.getattr", .dangerous), ("builtins.__import__", .dangerous),
      ("subprocess.Popen", .dangerous), ("runpy.run_path", .dangerous), ("pip.main", .dangerous),
      ("torch._inductor.codecache.compile_file", .dangerous), ("torch.load", .dangerous),
      ("importlib.import_module", .dangerous), ("functools.partial", .dangerous),
    ] as [(String, PickleGlobal.Risk)]) func risks(name: String, risk: PickleGlobal.Risk)
  {
    let bytes = Array(name.utf8)
    let dot = bytes.lastIndex(of: UInt8(ascii: ".")) ?? 0
    let global = PickleGlobal(module: Array(bytes[..<dot]), name: Array(bytes[(dot + 1)...]))
    #expect(global.risk == risk)
  }

  @Test func aDottedNameIsAsDangerousAsItsSteps() {
    func risk(_ module: String, _ name: String) -> PickleGlobal.Risk {
      PickleGlobal(module: Array(module.utf8), name: Array(name.utf8)).risk
    }
    #expect(risk("torch.serialization", "os.system") == .dangerous)
    #expect(risk("numpy", "core.os.system") == .dangerous)
    #expect(risk("model", "Outer.Inner") == .unknown)
  }
}
