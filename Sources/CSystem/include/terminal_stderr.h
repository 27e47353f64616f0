#pragma once

// While a full-screen interface is shown, a message on standard error would tear the picture and
// vanish with it: the last words of a crash among them. They are kept and said afterwards.

/// Keeps what is written to standard error, if that is a terminal. Returns 0 or an errno.
int terminal_stderr_keep(void);

/// Says what was kept and lets messages through again. Async-signal-safe; more calls do nothing.
void terminal_stderr_release(void);
