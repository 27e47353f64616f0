// swift-tools-version: 6.2
import PackageDescription

// Arrows between targets point one way; each target names what it may import, and a build with
// `--explicit-target-dependency-import-check error` refuses anything else.

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

// Benchmarks stay out of a normal build: `ESPALIER_BENCH=1 swift run -c release espalier-bench`.
let benchmarks: [Target] =
  Context.environment["ESPALIER_BENCH"] == nil
  ? []
  : [
    .executableTarget(
      name: "espalier-bench", dependencies: ["EspalierTree", "Espalier", "EspalierUI"],
      path: "Tests/Benchmarks/EspalierBenchmarks", swiftSettings: strict)
  ]

let package = Package(
  name: "Espalier",
  products: [
    .library(name: "Espalier", targets: ["Espalier"]),
    .library(name: "EspalierBrowser", targets: ["EspalierBrowser"]),
    .executable(name: "espalier", targets: ["espalier"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // C libraries and kernels, one target each.
    .systemLibrary(name: "CNcurses", providers: [.apt(["libncursesw5-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CKernels"),
    .target(name: "CSystem"),

    // The core: pure, no files, no terminal.
    .target(name: "EspalierTree", swiftSettings: strict),
    .target(
      name: "EspalierLoad", dependencies: ["EspalierTree", "CKernels"], swiftSettings: strict),
    .target(
      name: "EspalierDiagnosis", dependencies: ["EspalierTree", "EspalierLoad"],
      swiftSettings: strict),

    .target(
      name: "EspalierRepair", dependencies: ["EspalierTree", "EspalierLoad", "EspalierDiagnosis"],
      swiftSettings: strict),

    // Bytes and formats.
    .target(
      name: "EspalierCheckpoint",
      dependencies: ["EspalierTree", "CZlib", "CZstd", "CCrypto", "CSystem"],
      swiftSettings: strict),

    // The library that Swift programs import.
    .target(
      name: "Espalier",
      dependencies: [
        "EspalierTree", "EspalierLoad", "EspalierDiagnosis", "EspalierRepair", "EspalierCheckpoint",
      ],
      swiftSettings: strict),

    // The interface: a pure reducer and views, the one importer of ncurses, and where effects run.
    .target(
      name: "EspalierUI", dependencies: ["EspalierTree", "EspalierLoad", "EspalierDiagnosis"],
      swiftSettings: strict),
    .target(
      name: "EspalierTerminal", dependencies: ["EspalierUI", "CNcurses", "CSystem"],
      swiftSettings: strict),
    .target(
      name: "EspalierBrowser",
      dependencies: ["Espalier", "EspalierDiagnosis", "EspalierUI", "EspalierTerminal"],
      swiftSettings: strict),
    .executableTarget(
      name: "espalier",
      dependencies: [
        "Espalier", "EspalierUI", "EspalierTerminal", "EspalierBrowser", argumentParser,
      ],
      path: "Sources/EspalierCLI", swiftSettings: strict),

    // Tests.
    .target(name: "CPTY", path: "Tests/Support/CPTY"),
    .target(
      name: "PTYKit", dependencies: ["CPTY"], path: "Tests/Support/PTYKit", swiftSettings: strict),
    .executableTarget(
      name: "terminal-probe", dependencies: ["EspalierTerminal", "EspalierUI"],
      path: "Tests/Support/TerminalProbe", swiftSettings: strict),
    .executableTarget(
      name: "model-probe", dependencies: ["Espalier", "EspalierBrowser"],
      path: "Tests/Support/ModelProbe", swiftSettings: strict),
    .executableTarget(
      name: "screenshots", dependencies: ["PTYKit", "espalier"],
      path: "Tests/Support/Screenshots", swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["EspalierTree"], path: "Tests/Support/TestSupport",
      swiftSettings: strict),
    .testTarget(
      name: "EspalierTreeTests", dependencies: ["EspalierTree", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "EspalierLoadTests", dependencies: ["EspalierLoad", "EspalierTree", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "EspalierDiagnosisTests",
      dependencies: ["EspalierDiagnosis", "EspalierTree", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "EspalierRepairTests",
      dependencies: [
        "EspalierRepair", "EspalierDiagnosis", "EspalierLoad", "EspalierTree", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "EspalierCheckpointTests",
      dependencies: ["EspalierCheckpoint", "EspalierTree", "TestSupport"], exclude: ["Fixtures"],
      swiftSettings: strict),
    .testTarget(
      name: "EspalierUITests",
      dependencies: [
        "EspalierUI", "EspalierLoad", "EspalierDiagnosis", "EspalierRepair", "EspalierTree",
        "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "EspalierTerminalTests",
      dependencies: ["EspalierTerminal", "EspalierUI", "PTYKit", "CPTY", "terminal-probe"],
      swiftSettings: strict),
    .testTarget(name: "PTYKitTests", dependencies: ["PTYKit"], swiftSettings: strict),
    .testTarget(
      name: "EspalierTests", dependencies: ["Espalier", "EspalierBrowser", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "EspalierProgramTests",
      dependencies: ["espalier", "model-probe", "PTYKit", "TestSupport"], exclude: ["Fixtures"],
      swiftSettings: strict),
  ] + benchmarks
)
