/// A part of the screen.
struct Rect: Equatable, Sendable {
  var x: Int
  var y: Int
  var width: Int
  var height: Int

  func contains(_ column: Int, _ line: Int) -> Bool {
    x..<x + width ~= column && y..<y + height ~= line
  }
}

/// Where everything is, from the window's size and what is to be shown.
struct Layout: Equatable, Sendable {
  static let leastWidth = 60
  static let leastHeight = 10

  let width: Int
  let height: Int
  /// Lines of the head, without the rule below.
  let headHeight: Int
  private(set) var tree: Rect
  /// Panes with the rule above them as their first line; nil when there is no room.
  private(set) var row: Rect?
  private(set) var why: Rect?
  /// Whether Tab leads to a pane that is stacked behind another.
  let offersRow: Bool
  let offersWhy: Bool

  var isTooSmall: Bool { width < Self.leastWidth || height < Self.leastHeight }
  var statusLine: Int { height - 1 }
  /// Lists that cover trees and panes.
  var listTop: Int { headHeight + 2 }
  var listHeight: Int { max(1, height - listTop - 1) }

  init(_ state: AppState) {
    width = state.width
    height = state.height
    headHeight = Self.headHeight(state)
    let top = headHeight + 1
    let room = max(1, state.height - top - 1)
    let panes = state.height < 15 ? 0 : state.height < 24 ? 5 : min(12, max(7, room / 3 + 1))
    offersRow = panes > 0
    offersWhy = panes > 0 && !state.isSingle
    tree = Rect(x: 0, y: top, width: state.width, height: max(1, room - panes))
    guard panes > 0 else { return }
    let below = Rect(x: 0, y: top + room - panes, width: state.width, height: panes)
    if !offersWhy {
      row = below
    } else if state.width >= 110 {
      let left = state.width * 11 / 20
      row = Rect(x: 0, y: below.y, width: left, height: panes)
      why = Rect(x: left, y: below.y, width: state.width - left, height: panes)
    } else if state.focus == .why {
      why = below
    } else {
      row = below
    }
  }

  private static func headHeight(_ state: AppState) -> Int {
    let details = state.height >= 22 ? 1 : 0
    return state.isSingle ? 1 + details : 2 + details
  }
}

/// The columns of the trees.
struct TreeColumns: Equatable {
  /// First column of each side, and the width of both.
  let left: Int
  let right: Int
  let sideWidth: Int
  let markColumn: Int
  let dtypeWidth: Int
  let shapeWidth: Int
  let bytesWidth: Int
  let isSingle: Bool

  static let tieWidth = 3

  init(_ width: Int, _ state: AppState) {
    isSingle = state.isSingle
    left = 1
    sideWidth = isSingle ? max(1, width - 3) : max(1, (width - 5) / 2)
    markColumn = left + sideWidth + 1
    right = isSingle ? left : markColumn + 2
    let options = state.options
    dtypeWidth = options.showsDtype && sideWidth >= 34 ? (sideWidth >= 46 ? 8 : 5) : 0
    shapeWidth = options.showsShape ? (sideWidth >= 52 ? 18 : sideWidth >= 36 ? 14 : 11) : 0
    bytesWidth = options.showsBytes && sideWidth >= 40 ? 10 : 0
  }

  /// Cells between the first column of a side and its fold mark.
  func indent(depth: Int) -> Int {
    let step = sideWidth >= 44 ? 2 : 1
    // Deep names stay readable: past a third of the side, depth is no longer drawn.
    return min(max(0, depth - 1) * step, sideWidth / 3)
  }

  /// Cells for names, with indent and fold mark.
  var nameWidth: Int { max(4, sideWidth - dtypeWidth - shapeWidth - bytesWidth - Self.tieWidth) }
}
