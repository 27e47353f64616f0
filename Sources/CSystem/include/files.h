#pragma once
// System calls that Glibc's Swift module does not show, and what must be safe inside a signal handler.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Copies inside the kernel, sharing blocks where the file system can; -1 with errno on failure.
ssize_t cs_copy_file_range(int in, int64_t in_offset, int out, int64_t out_offset, size_t count);

/// renameat2 within one folder; the first fails with EEXIST where `to` is there, the second swaps the two.
int cs_rename_noreplace(int folder, const char *from, const char *to);
int cs_rename_exchange(int folder, const char *from, const char *to);

ssize_t cs_list_attributes(int fd, char *names, size_t count);
ssize_t cs_get_attribute(int fd, const char *name, void *value, size_t count);
int cs_set_attribute(int fd, const char *name, const void *value, size_t count);

/// A file in memory without a name, empty; -1 with errno on failure.
int cs_memory_file(void);

/// The process's file mode mask, without changing it.
unsigned cs_umask(void);

/// The system's words for an error number; never overruns `count`, always ends in NUL.
void cs_error_text(int error, char *text, size_t count);

/// Remembers an unfinished file, so that a signal handler can remove it; the slot, or -1 when the table is full.
int cs_temporary_register(int folder, const char *name);
void cs_temporary_release(int slot);
/// Async-signal-safe: unlinks every file registered and not released.
void cs_temporary_remove_all(void);
/// From here on SIGTERM, SIGHUP and SIGINT remove unfinished files before they end the program, where
/// they would have ended it. Later handlers that chain to former ones come before it.
void cs_temporary_guard(void);
