import EspalierLoad
import EspalierTree

/// One line of a menu.
public struct MenuItem: Equatable, Sendable {
  /// Takes it at once.
  public var key: Unicode.Scalar
  public var title: String
  public var detail: String
}

/// What the `o` menu changes.
enum Option: Equatable, Sendable, CaseIterable {
  case dtype, shape, bytes, units, ascii, background, colors, order, trainingState, mouse
  case nothingKeeps, ignoreInactive
}

extension AppState {
  public func items(of menu: Menu) -> [MenuItem] {
    switch menu.kind {
    case .copy:
      return copyItems.map { MenuItem(key: $0.key, title: $0.title, detail: $0.text) }
    case .options:
      return optionItems.map { MenuItem(key: $0.key, title: $0.title, detail: $0.value) }
    case .load: return loadItems
    }
  }

  /// A key in a menu; nil when it is none of the menu's own.
  mutating func pressInMenu(_ menu: Menu, _ key: Key) -> [Effect]? {
    guard let typed = key.typed,
      let index = items(of: menu).firstIndex(where: { $0.key == typed })
    else { return nil }
    return take(menu, index)
  }

  mutating func take(_ menu: Menu, _ index: Int) -> [Effect] {
    switch menu.kind {
    case .copy:
      overlay = nil
      guard copyItems.indices.contains(index) else { return [] }
      return [.copyToClipboard(copyItems[index].text)]
    case .options:
      guard optionItems.indices.contains(index) else { return [] }
      overlay = .menu(Menu(kind: .options, selected: index))
      return change(optionItems[index].option)
    case .load:
      overlay = nil
      return perform([.loadStrict, .loadLenient, .report][clamped: index] ?? .loadStrict)
    }
  }

  // MARK: Copying

  private var copyItems: [(key: Unicode.Scalar, title: String, text: String)] {
    guard let browse, let row = browse.current else { return [] }
    let describer = RowDescriber(browse.comparison, row, self)
    var items: [(key: Unicode.Scalar, title: String, text: String)] = [
      ("p", "key path", describer.path)
    ]
    for side in Side.allCases {
      guard let shape = describer.shape(side) else { continue }
      items.append((side == .destination ? "d" : "s", "\(side.name)'s shape", shape))
    }
    items.append(("e", "sentence", describer.sentence))
    items.append(("r", "row as JSON", describer.json))
    return items
  }

  // MARK: Loading

  private var loadItems: [MenuItem] {
    guard let comparison = browse?.comparison, let plan = comparison.plan else { return [] }
    let outcomes = comparison.counts.outcomes
    let zero = outcomes[.zeroFilled, default: 0]
    // As the head and the report count: an array that its tie loads is loaded.
    let loaded = plan.coverage.tensorsLoaded - zero
    let kept = outcomes[.kept, default: 0]
    let unused = outcomes[.unused, default: 0]
    var lenient = "loads \(grouped(loaded))"
    if zero > 0 { lenient += ", zeros \(grouped(zero))" }
    lenient += ", keeps \(grouped(kept)); \(grouped(unused)) unused"
    let strict =
      plan.issueCount == 0
      ? "everything fits: loads \(grouped(loaded))"
      : "refused: \(counted(plan.issueCount, "issue")); nothing is changed"
    return [
      MenuItem(key: "s", title: "strict", detail: strict),
      MenuItem(key: "l", title: "lenient", detail: lenient),
      MenuItem(key: "r", title: "report", detail: "every row, before anything is done"),
    ]
  }

  // MARK: Options

  struct OptionItem {
    var key: Unicode.Scalar
    var option: Option
    /// For `:set`.
    var name: String
    var title: String
    var value: String
  }

  var optionItems: [OptionItem] {
    let yes = { (on: Bool) in on ? "on" : "off" }
    let view = options
    return [
      OptionItem(
        key: "t", option: .dtype, name: "types", title: "element types",
        value: yes(view.showsDtype)),
      OptionItem(
        key: "s", option: .shape, name: "shapes", title: "shapes", value: yes(view.showsShape)),
      OptionItem(
        key: "b", option: .bytes, name: "bytes", title: "sizes of arrays",
        value: yes(view.showsBytes)),
      OptionItem(
        key: "u", option: .units, name: "units", title: "units", value: view.units.rawValue),
      OptionItem(
        key: "f", option: .order, name: "order", title: "order of children",
        value: planOptions.fileOrder ? "as in the file" : "natural"),
      OptionItem(
        key: "o", option: .trainingState, name: "training",
        title: "optimizer, other training state",
        value: browse?.showsTrainingState == true ? "shown" : "hidden"),
      OptionItem(
        key: "a", option: .ascii, name: "ascii", title: "ASCII only", value: yes(view.ascii)),
      OptionItem(
        key: "d", option: .background, name: "background", title: "background",
        value: view.background.rawValue),
      OptionItem(
        key: "c", option: .colors, name: "colors", title: "colours", value: view.colors.title),
      OptionItem(
        key: "m", option: .mouse, name: "mouse", title: "mouse", value: yes(view.mouse)),
      OptionItem(
        key: "n", option: .nothingKeeps, name: "nothing-keeps",
        title: "load: nothing in the source keeps the array", value: yes(planOptions.nothingKeeps)),
      OptionItem(
        key: "i", option: .ignoreInactive, name: "ignore-inactive",
        title: "load: an array for a false is no issue", value: yes(planOptions.ignoreInactive)),
    ]
  }

  mutating func change(_ option: Option) -> [Effect] {
    switch option {
    case .dtype: options.showsDtype.toggle()
    case .shape: options.showsShape.toggle()
    case .bytes: options.showsBytes.toggle()
    case .units: options.units = options.units.next
    case .ascii: options.ascii.toggle()
    case .background: options.background = options.background.next
    case .colors: options.colors = options.colors.next
    case .order:
      planOptions.fileOrder.toggle()
      return planAgain()
    case .trainingState:
      let shows = browse?.showsTrainingState ?? false
      browse?.setShowsTrainingState(!shows)
    case .mouse:
      options.mouse.toggle()
      return [.setMouse(options.mouse)]
    case .nothingKeeps:
      planOptions.nothingKeeps.toggle()
      return planAgain()
    case .ignoreInactive:
      planOptions.ignoreInactive.toggle()
      return planAgain()
    }
    return []
  }
}

extension CaseIterable where Self: Equatable {
  /// The case after this one, the first after the last.
  fileprivate var next: Self {
    let all = Array(Self.allCases)
    let at = all.firstIndex(of: self) ?? 0
    return all[(at + 1) % all.count]
  }
}

extension ViewOptions.ColorDepth {
  fileprivate var title: String {
    switch self {
    case .none: "none"
    case .sixteen: "16"
    case .indexed: "256"
    case .trueColor: "true colour"
    }
  }
}
