import EspalierDiagnosis
import Foundation
import TestSupport

/// One case of ../shared/diagnosis.
struct DiagnosisCase: Sendable {
  var id: String
  var title: String
  var destination: Inventory
  var source: Inventory
  var causes: Set<String>
  var optional: Set<String>
  /// Accepted rows by destination name; the first is the one of the truth.
  var rows: [String: [Row]]

  struct Row: Hashable, Sendable {
    var sources: [String]
    var operation: String
  }

  static func load(_ folder: URL) throws -> DiagnosisCase {
    let truth = try object(folder.appendingPathComponent("truth.json"))
    var rows: [String: [Row]] = [:]
    for item in truth["mapping"] as? [[String: Any]] ?? [] {
      guard let dst = item["dst"] as? String else { continue }
      rows[dst] = ([item] + (item["alt"] as? [[String: Any]] ?? [])).map {
        Row(sources: $0["src"] as? [String] ?? [], operation: $0["op"] as? String ?? "")
      }
    }
    return DiagnosisCase(
      id: folder.lastPathComponent, title: truth["title"] as? String ?? "",
      destination: try inventory(folder.appendingPathComponent("dst.skeleton.json")),
      source: try inventory(folder.appendingPathComponent("src.skeleton.json")),
      causes: Set(truth["causes"] as? [String] ?? []),
      optional: Set(truth["optional_causes"] as? [String] ?? []), rows: rows)
  }

  private static func object(_ url: URL) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
  }

  static func inventory(_ url: URL) throws -> Inventory {
    let json = try object(url)
    let list = json["tensors"] as? [[String: Any]] ?? []
    var index: [String: Int] = [:]
    var tensors: [TensorFacts] = []
    for (at, item) in list.enumerated() {
      let name = item["name"] as? String ?? ""
      index[name] = at
      tensors.append(
        TensorFacts(
          name, item["shape"] as? [Int] ?? [], dtype: item["dtype"] as? String ?? "F32",
          tiedTo: (item["tied_to"] as? String).flatMap { index[$0] }))
    }
    var metadata: [String: String] = [:]
    flatten(json["metadata"] ?? [:], "", into: &metadata)
    return Inventory(tensors: tensors, metadata: metadata)
  }

  private static func flatten(_ value: Any, _ key: String, into out: inout [String: String]) {
    if let object = value as? [String: Any] {
      for (name, inner) in object {
        flatten(inner, key.isEmpty ? name : key + "." + name, into: &out)
      }
    } else if let list = value as? [Any] {
      for (at, inner) in list.enumerated() { flatten(inner, "\(key).\(at)", into: &out) }
    } else {
      out[key] = "\(value)"
    }
  }
}

/// A case and what the engine says about it.
struct SolvedCase: Sendable {
  var truth: DiagnosisCase
  var report: Report

  init(_ truth: DiagnosisCase) {
    self.truth = truth
    report = Engine().diagnose(destination: truth.destination, source: truth.source)
  }

  /// All cases of ../shared/diagnosis, solved once for all tests.
  static let all: [SolvedCase] = {
    let folders = try? FileManager.default.contentsOfDirectory(
      at: Shared.diagnosis, includingPropertiesForKeys: nil)
    return (folders ?? [])
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
      .compactMap { try? DiagnosisCase.load($0) }
      .map(SolvedCase.init)
  }()
}
