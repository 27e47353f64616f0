#pragma once

// What can wake the loop that waits for input, besides input. Signals and wake-ups may come on any
// thread at any time; they set a bit and make one descriptor readable.

enum terminal_signal {
  TERMINAL_RESIZED = 1,    ///< The window has another size.
  TERMINAL_STOP = 2,       ///< The process was asked to stop (SIGTSTP).
  TERMINAL_CONTINUED = 4,  ///< The process was stopped and goes on.
  TERMINAL_WOKEN = 8,      ///< Somebody called `terminal_wake`.
};

/// Takes SIGWINCH, SIGTSTP and SIGCONT. Returns the descriptor to poll, or -errno.
int terminal_signals_open(void);

/// What has happened since the last call, as a set of `enum terminal_signal`.
unsigned terminal_signals_take(void);

/// Makes the loop go round once. From any thread; many calls before it wakes count as one.
void terminal_wake(void);

/// Stops the process group as Ctrl-Z does, and returns when it goes on. Where no shell could
/// continue the process, the system does not stop it and this returns at once.
void terminal_stop(void);

/// Hands the signals back to their former handlers.
void terminal_signals_close(void);
