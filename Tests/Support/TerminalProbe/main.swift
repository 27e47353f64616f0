// Shows on a real terminal what EspalierTerminal makes of it: a screen with everything that is hard
// to draw, and the events that arrive. Its tests drive it; by hand, it tells what a terminal sends.

import EspalierTerminal
import EspalierUI
import Glibc

var options = TerminalOptions()
options.ascii = CommandLine.arguments.contains("--ascii")
options.mouse = !CommandLine.arguments.contains("--no-mouse")

func fail(_ message: String) -> Never {
  let line = Array((message + "\n").utf8)
  _ = write(STDERR_FILENO, line, line.count)
  exit(2)
}

let terminal: Terminal
do throws(TerminalError) {
  terminal = try Terminal(options)
} catch {
  fail(error.description)
}

var probe = Probe()
while true {
  probe.draw(on: terminal)
  let activity = terminal.wait()
  probe.note(activity)
  if activity.closed { exit(9) }
  for event in activity.events {
    if case .suspend = event { terminal.suspend() }
    if case .key(let key) = event, !probe.obey(key, terminal) {
      terminal.close()
      exit(0)
    }
  }
}
