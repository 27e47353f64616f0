import Espalier
import EspalierTerminal
import EspalierUI

/// How the interface is to look and behave.
public struct BrowseOptions: Sendable {
  /// Options and keys to begin with.
  public var settings = Settings()
  /// The path at which the destination begins; nil to find where the weights lie.
  public var destinationRoot: String?
  /// The same of the source.
  public var sourceRoot: String?
  /// A rules file to apply once both files are open.
  public var rulesFile: String?

  /// The settings' own defaults.
  public init() {}
}

/// Opens the interface on one or two checkpoints and returns when the user leaves it.
///
/// - Parameter source: nil to browse one file alone.
/// - Throws: ``TerminalError`` where there is no terminal. What is wrong with a file is shown.
public func browse(
  _ destination: String, _ source: String? = nil, options: BrowseOptions = BrowseOptions()
) throws {
  var state = AppState(destination: destination, source: source)
  state.rulesFile = options.rulesFile
  let first = state.start(
    destinationRoot: options.destinationRoot, sourceRoot: options.sourceRoot)
  try run(&state, first, EffectRunner(Inbox()), options)
}

func run(
  _ state: inout AppState, _ first: [Effect], _ runner: EffectRunner, _ options: BrowseOptions
) throws {
  var terminalOptions = TerminalOptions()
  let settings = options.settings
  terminalOptions.ascii = settings.view.ascii
  terminalOptions.mouse = settings.view.mouse
  if settings.colors == .none { terminalOptions.colors = .none }
  let terminal = try Terminal(terminalOptions)
  defer { terminal.close() }
  state.options = settings.view
  state.options.colors = settings.limited(terminal.depth.forViews)
  state.planOptions = settings.plan
  state.keyMap = settings.keyMap
  state.saveFormats = Formats.writable.compactMap { format in
    format.extensions.first.map { AppState.SaveFormat(name: format.name, suffix: $0) }
  }
  Session(state, terminal, runner, runner.inbox).run(first)
}

extension Settings {
  /// What the terminal has, but no more than the settings allow.
  fileprivate func limited(_ depth: ViewOptions.ColorDepth) -> ViewOptions.ColorDepth {
    ViewOptions.ColorDepth.allCases.first { $0 == depth || $0 == colors } ?? depth
  }
}

extension ColorDepth {
  fileprivate var forViews: ViewOptions.ColorDepth {
    switch self {
    case .none: .none
    case .eight, .sixteen: .sixteen
    case .indexed: .indexed
    case .direct: .trueColor
    }
  }
}
