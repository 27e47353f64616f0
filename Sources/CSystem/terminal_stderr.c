#define _GNU_SOURCE
#include "terminal_stderr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

static int true_stderr = -1;
static int kept = -1;
static atomic_int keeping;

int terminal_stderr_keep(void) {
  if (atomic_load(&keeping) || !isatty(STDERR_FILENO)) return 0;
  // A pipe holds 64 KiB; what is more is lost rather than waited for.
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return errno;
  true_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (true_stderr < 0 || dup2(ends[1], STDERR_FILENO) < 0) {
    int error = errno;
    close(ends[0]);
    close(ends[1]);
    if (true_stderr >= 0) close(true_stderr);
    return error;
  }
  close(ends[1]);
  kept = ends[0];
  atomic_store(&keeping, 1);
  return 0;
}

void terminal_stderr_release(void) {
  if (!atomic_exchange(&keeping, 0)) return;
  dup2(true_stderr, STDERR_FILENO);
  char bytes[1024];
  ssize_t count;
  while ((count = read(kept, bytes, sizeof bytes)) > 0)
    if (write(STDERR_FILENO, bytes, (size_t)count) < 0) break;
  close(kept);
  close(true_stderr);
}
