@_exported import Espalier
import EspalierTerminal
import EspalierUI

/// How the interface is to look and behave.
public struct BrowseOptions: Sendable {
  /// Options and keys to begin with.
  package var settings = Settings()
  /// The path at which the destination begins; nil to find where the weights lie.
  public var destinationRoot: String?
  /// The same of the source.
  public var sourceRoot: String?
  /// A rules file to apply once both files are open.
  public var rulesFile: String?
  /// What a load takes of both sides; everything where it is empty. Paths begin at the two roots.
  public var selection = PathSelection()

  /// The settings' own defaults.
  public init() {}

  /// Options and keys in the words of a settings file, of which ``standardSettings`` has all.
  ///
  ///     let options = try BrowseOptions(settings: "[options]\nascii = true")
  ///
  /// - Throws: ``BadSettings`` with the first line that cannot be obeyed.
  public init(settings text: String) throws {
    do throws(KeyMap.Refusal) {
      settings = try Settings(text)
    } catch {
      throw BadSettings(line: error.line, reason: error.sentence)
    }
  }

  /// A settings file that changes nothing: every option and every key as it is without one.
  public static var standardSettings: String { Settings.standardText }

  /// A line of the settings that cannot be obeyed.
  public struct BadSettings: Error, Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1.
    public var line: Int
    /// What is wrong with it.
    public var reason: String
    public var description: String { "line \(line) of the settings: \(reason)" }
  }
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
  state.selection = options.selection
  state.keyMap = settings.keyMap
  state.saveFormats = Formats.writable.compactMap { format in
    format.extensions.first.map {
      AppState.SaveFormat(
        name: format.name, suffix: $0, otherSuffixes: Array(format.extensions.dropFirst()),
        holdsValues: format.holdsValues)
    }
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
