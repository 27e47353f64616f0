import EspalierTree
import Synchronization

/// The result of a load: the destination's tree with the values that the plan gives it.
///
/// This is how a plan is applied, to whatever it is applied: a file is written from it, a Swift
/// model is filled from it, the interface shows it. Nothing is read before a reader is opened;
/// values are streamed and converted in blocks of about 1 MiB. Paths of one storage give one
/// array's values.
///
/// Memory stays flat, with one exception: a tied array that shares only a part of its memory with
/// what was loaded is put together in memory.
public final class LoadedSource: TensorSource {
  /// What was planned, and is applied here.
  public let plan: LoadPlan
  /// The destination's tree: paths, shapes and element types stay.
  public var tree: Tree { plan.alignment.destination }

  private let destination: any TensorSource
  private let source: any TensorSource
  private let stream: ValueStream
  private let ledger: LossLedger
  /// The row of each destination leaf, -1 for leaves outside of the load.
  private let rows: ContiguousArray<Int32>

  /// Where the values of a leaf come from.
  public enum Origin: Sendable, Hashable {
    /// The destination's own.
    case destination
    /// A source leaf, as it is.
    case source(LeafID)
    /// A source leaf, converted to the destination's element type.
    case converted(LeafID)
    /// Zeros, because the source says `false`.
    case zeros
    /// Memory that is loaded at other paths, named in walk order, whole or in part.
    case tied([LeafID])
  }

  /// - Throws: ``LoadRefused``, which carries the plan, when the plan may not be applied.
  public init(
    _ plan: LoadPlan, destination: any TensorSource, source: any TensorSource
  ) throws {
    if let reason = plan.refusal { throw LoadRefused(plan: plan, reason: reason) }
    self.plan = plan
    self.destination = destination
    self.source = source
    let ledger = LossLedger()
    self.ledger = ledger
    stream = ValueStream(plan.alignment, source: source) { ledger.set($1, of: $0) }
    var rows = ContiguousArray<Int32>(repeating: -1, count: plan.alignment.destination.leafCount)
    for row in 0..<plan.alignment.count {
      if let leaf = plan.alignment.destinationLeaf(row) {
        rows[leaf.index] = Int32(truncatingIfNeeded: row)
      }
    }
    self.rows = rows
  }

  /// Where the values of an array leaf come from.
  public func origin(of leaf: LeafID) -> Origin {
    if let follower = plan.ties.followers[leaf] { return .tied(follower.leaders) }
    guard let row = row(of: leaf) else { return .destination }
    switch plan.verdict(at: row) {
    case .load: return plan.alignment.sourceLeaf(row).map { .source($0) } ?? .destination
    case .convert: return plan.alignment.sourceLeaf(row).map { .converted($0) } ?? .destination
    case .zeroFill: return .zeros
    default: return .destination
    }
  }

  public func hasValues(_ leaf: LeafID) -> Bool {
    switch origin(of: leaf) {
    case .destination: return destination.hasValues(leaf)
    case .source(let taken), .converted(let taken): return source.hasValues(taken)
    case .zeros: return tree.kind(of: leaf) == .array
    case .tied(let leaders):
      return leaders.allSatisfy(hasValues)
        && (plan.ties.followers[leaf]?.isWhole == true || destination.hasValues(leaf))
    }
  }

  public func reader(for leaf: LeafID) throws -> any TensorReader {
    if let follower = plan.ties.followers[leaf] { return try tiedReader(leaf, follower) }
    guard let row = row(of: leaf) else { return try ownReader(leaf) }
    let verdict = plan.verdict(at: row)
    switch verdict {
    case .load, .convert, .zeroFill: return try stream.reader(row: row, verdict)
    default: return try ownReader(leaf)
    }
  }

  /// What the conversions that have been read to their end lost, by destination leaf.
  public var losses: [LeafID: ConversionLoss] { ledger.all }

  private func row(of leaf: LeafID) -> Int? {
    let row = rows[leaf.index]
    return row < 0 ? nil : Int(row)
  }

  private func ownReader(_ leaf: LeafID) throws -> any TensorReader {
    let reader = try destination.reader(for: leaf)
    return exactly(
      tree.byteCount(of: leaf), reader, path: tree.path(of: leaf), side: "destination")
  }

  /// A leaf whose memory is loaded at other paths.
  private func tiedReader(
    _ leaf: LeafID, _ follower: TiePlan.Follower
  ) throws -> any TensorReader {
    let view = TieView(tree, leaf)
    for leader in follower.leaders {
      let other = TieView(tree, leader)
      if view.hasSameLayout(as: other) { return try reader(for: leader) }
      if let layout = view.rebased(onto: other),
        let reader = strided(view, layout, over: { try self.reader(for: leader) })
      {
        return reader
      }
    }
    var image = StorageImage(view.bytes)
    if !follower.isWhole { try image.write(view, ownReader(leaf)) }
    for leader in follower.leaders {
      try image.write(TieView(tree, leader), reader(for: leader))
    }
    return BufferReader(image.gather(view))
  }
}

/// What conversions lost, gathered from whatever threads read.
final class LossLedger: Sendable {
  private let losses = Mutex<[LeafID: ConversionLoss]>([:])

  // An array that is read twice (written, then compared) counts once.
  func set(_ loss: ConversionLoss, of leaf: LeafID) {
    losses.withLock { $0[leaf] = loss.isEmpty ? nil : loss }
  }
  var all: [LeafID: ConversionLoss] { losses.withLock { $0 } }
}
