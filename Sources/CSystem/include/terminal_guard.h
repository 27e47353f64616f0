#pragma once
#include <stddef.h>

/// Gives the terminal back whatever ends the process.
///
/// Remembers the settings of the terminal `fd` and takes the signals that end a program. Each of
/// them then leaves the screen as the program found it and goes on to the handler that was there
/// before, so that the exit status and a crash report are what they would have been. `exit` does
/// the same. To be called before the terminal is touched. Returns 0 or an errno.
int terminal_guard_install(int fd);

/// What has to be written to undo the modes that were set; at most 512 bytes are kept.
void terminal_guard_set_farewell(const void *bytes, size_t count);

/// The terminal is as it was found (`armed` 0), or in use again (`armed` 1).
void terminal_guard_arm(int armed);

/// Hands the signals back to their former handlers.
void terminal_guard_remove(void);
