#pragma once
#include <sys/types.h>

/// Starts a program as the leader of a session on a new pseudo-terminal, with default signals.
/// Returns the master side (non-blocking, close-on-exec) or -errno. `settings` are those of the
/// terminal before the program could change them.
int cpty_spawn(const char *path, char *const argv[], char *const envp[], int rows, int columns,
               pid_t *pid, unsigned long *settings);

int cpty_resize(int master, int rows, int columns);

/// The terminal's settings as one number to compare, or 0 if they cannot be read.
unsigned long cpty_settings(int master);

/// True if lines are edited and echoed, as a shell leaves a terminal.
int cpty_is_cooked(int master);

/// The columns of a character by the C library in a UTF-8 locale, whatever the process has set.
int cpty_width(unsigned character);
