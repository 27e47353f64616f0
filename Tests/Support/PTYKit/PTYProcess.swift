import CPTY
import Glibc

/// A program that runs on a pseudo-terminal of its own.
public final class PTYProcess {
  public let pid: pid_t
  public private(set) var screen: VTScreen
  /// The exit status as a shell shows it: 128 and the signal's number if one ended the program.
  public private(set) var exitStatus: Int32?
  /// How much the program has written so far.
  public private(set) var bytesReceived = 0

  private var master: Int32
  private let settingsAtStart: UInt

  /// Starts a program. The environment is small and fixed, so that runs are alike.
  public init(
    _ path: String, _ arguments: [String] = [], width: Int = 80, height: Int = 24,
    environment: [String: String] = [:]
  ) throws {
    var variables = ["TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"]
    // At a crash the Swift runtime would write a report and wait for a key.
    variables["SWIFT_BACKTRACE"] = "enable=no"
    // Lines that the program runs count as covered by the test.
    variables["LLVM_PROFILE_FILE"] = getenv("LLVM_PROFILE_FILE").map { String(cString: $0) }
    variables.merge(environment) { $1 }

    let argv = CStrings([path] + arguments)
    let envp = CStrings(variables.map { "\($0)=\($1)" })
    var pid = pid_t()
    var settings = UInt()
    let result = cpty_spawn(
      path, argv.pointers, envp.pointers, Int32(height), Int32(width), &pid, &settings)
    guard result >= 0 else { throw PTYError.spawn(path, errno: -result) }
    (master, self.pid) = (result, pid)
    settingsAtStart = settings
    screen = VTScreen(width: width, height: height)
  }

  deinit {
    if exitStatus == nil {
      kill(pid, SIGKILL)
      var status: Int32 = 0
      waitpid(pid, &status, 0)
    }
    hangUp()
  }

  /// Types.
  public func send(_ text: String) { send(bytes: Array(text.utf8)) }

  public func send(bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno == EAGAIN {
        // The program is busy writing: make room for both.
        _ = receive(milliseconds: 10)
      } else if errno != EINTR {
        return
      }
    }
  }

  public func send(signal: Int32) { kill(pid, signal) }

  public func resize(width: Int, height: Int) {
    screen.resize(width: width, height: height)
    _ = cpty_resize(master, Int32(height), Int32(width))
  }

  /// Closes the terminal's window.
  public func hangUp() {
    if master >= 0 { close(master) }
    master = -1
  }

  /// True if the terminal's settings are those it had at the start.
  public var settingsAreRestored: Bool { cpty_settings(master) == settingsAtStart }
  /// True if the terminal edits and echoes lines.
  public var isCooked: Bool { cpty_is_cooked(master) != 0 }
}

extension PTYProcess {
  enum Received { case output, nothing, end }

  /// Takes over what the program has written.
  func receive(milliseconds: Int32) -> Received {
    guard master >= 0 else { return .end }
    var polled = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    _ = poll(&polled, 1, milliseconds)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(master, &buffer, buffer.count)
    if count > 0 {
      bytesReceived += count
      screen.feed(buffer[..<count])
      return .output
    }
    return count == 0 || errno == EIO ? .end : .nothing
  }

  /// Notes the exit status if the program has ended.
  func reap() -> Bool {
    if exitStatus != nil { return true }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return false }
    let signal = status & 0x7f
    exitStatus = signal == 0 ? status >> 8 & 0xff : 128 + signal
    return true
  }
}

public enum PTYError: Error, CustomStringConvertible {
  case spawn(String, errno: Int32)
  case timeout(String, screen: String)
  case ended(String, status: Int32?, screen: String)

  public var description: String {
    switch self {
    case .spawn(let path, let code): "\(path) did not start: \(String(cString: strerror(code)))"
    case .timeout(let what, let screen): "waited in vain for \(what); the screen:\n\(screen)"
    case .ended(let what, let status, let screen):
      "ended (\(status.map(String.init) ?? "running")) before \(what); the screen:\n\(screen)"
    }
  }
}

/// An array of C strings that ends with NULL.
private final class CStrings {
  var pointers: [UnsafeMutablePointer<CChar>?]
  init(_ strings: [String]) { pointers = strings.map { strdup($0) } + [nil] }
  deinit { for pointer in pointers { free(pointer) } }
}
