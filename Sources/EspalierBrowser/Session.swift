import EspalierTerminal
import EspalierUI

/// The interface on a terminal: input and results in, screens and effects out.
///
/// This thread only reduces and draws; everything that takes time runs in ``EffectRunner``.
final class Session {
  private let terminal: Terminal
  private let inbox: Inbox
  private let runner: EffectRunner
  private var state: AppState
  private var isOver = false

  init(_ state: AppState, _ terminal: Terminal, _ runner: EffectRunner, _ inbox: Inbox) {
    self.state = state
    self.terminal = terminal
    self.runner = runner
    self.inbox = inbox
  }

  /// Runs until the user leaves or the terminal is gone.
  func run(_ first: [Effect]) {
    let size = terminal.size
    take(.input(.resize(width: size.width, height: size.height)))
    perform(first)
    draw()
    while !isOver {
      let activity = terminal.wait()
      if activity.closed { break }
      for event in activity.events { take(.input(event)) }
      for action in inbox.takeAll() { take(action) }
      if !isOver { draw() }
    }
    runner.stop()
  }

  private func take(_ action: Action) {
    guard !isOver else { return }
    perform(reduce(into: &state, action))
  }

  private func perform(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .quit: isOver = true
      case .suspend:
        terminal.suspend()
        let size = terminal.size
        take(.input(.resize(width: size.width, height: size.height)))
      case .redraw: terminal.redraw()
      case .setMouse(let on): terminal.setMouse(on)
      case .copyToClipboard(let text): inbox.send(.copied(terminal.copy(text)))
      default: runner.run(effect)
      }
    }
  }

  private func draw() { terminal.draw(render(state)) }
}
