import EspalierUI
import Glibc

/// The descriptors of the terminal, and what goes past ncurses.
final class TerminalDevice {
  let input: Int32
  let output: Int32
  /// Streams on duplicates of the descriptors, as ncurses wants them; closing them leaves the
  /// program's own standard streams alone.
  let inputStream: UnsafeMutablePointer<FILE>
  let outputStream: UnsafeMutablePointer<FILE>

  /// Standard output has to be a terminal. Input may be piped, then keys come from the terminal
  /// that controls the process.
  init() throws(TerminalError) {
    guard isatty(STDOUT_FILENO) == 1 else { throw .notATerminal }
    let input = isatty(STDIN_FILENO) == 1 ? dup(STDIN_FILENO) : open("/dev/tty", O_RDWR)
    guard input >= 0 else { throw .notATerminal }
    let output = dup(STDOUT_FILENO)
    guard output >= 0, let inputStream = fdopen(input, "r"), let outputStream = fdopen(output, "w")
    else { throw .system(call: "fdopen", code: errno) }
    for descriptor in [input, output] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    (self.input, self.output) = (input, output)
    (self.inputStream, self.outputStream) = (inputStream, outputStream)
  }

  deinit {
    fclose(inputStream)
    fclose(outputStream)
  }

  func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno == EAGAIN {
        var room = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
        poll(&room, 1, -1)
      } else if errno != EINTR {
        return  // Hung up; `wait` will say so.
      }
    }
  }

  var bytesWaiting: Int {
    var count: Int32 = 0
    return ioctl(input, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
  }

  /// Nil where the terminal does not know, as on a serial line.
  var windowSize: (width: Int, height: Int)? {
    var size = winsize()
    guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return nil
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}
