import Espalier
import Foundation
import TestSupport
import Testing

/// The repairs of ../shared/diagnosis: what the engine proposes is what a load gets.
@Suite(.enabled(if: Shared.hasDiagnosis, "\(Shared.skipReason)"))
struct RepairCases {
  static let folders: [String] = {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: Shared.diagnosis.path)) ?? []
    return all.filter { $0.hasPrefix("d") }.sorted()
  }()

  @Test(arguments: folders) func rulesGiveEveryMappedTensor(_ name: String) throws {
    let folder = Shared.diagnosis.appendingPathComponent(name).path
    let left = try Checkpoint.open(FilePath(folder + "/dst.skeleton.json"))
    let right = try Checkpoint.open(FilePath(folder + "/src.skeleton.json"))
    let destination = left.repairSide()
    let source = right.repairSide()
    let report = Engine().diagnose(
      destination: destination.inventory, source: source.inventory)
    let file = RuleSet(report.rules).toml(explaining: report.diagnoses)
    let read = try RuleSet(toml: file, file: "fix.toml")
    #expect(Set(read.rules) == Set(report.rules))
    let repaired = try RepairedSource(source, rules: read.rules, destination: destination)
    #expect(repaired.trace.links.map(\.link) == report.mapping.links)
    let plan = try LoadPlan(
      Alignment(
        left.tree, repaired.tree, destinationRoot: left.root, sourceRoot: repaired.root),
      mode: .lenient, options: LoadOptions(nothingKeeps: true, allowsEmptyLoad: true))
    #expect(plan.coverage.tensorsLoaded == report.after.tensors)
  }
}
