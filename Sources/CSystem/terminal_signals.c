#define _GNU_SOURCE
#include "terminal_signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

// A pipe and a handler rather than signalfd: a signalfd works only if every thread blocks the
// signals, and the threads of a runtime's pool are not ours to set up.

static const int loop_signals[] = {SIGWINCH, SIGTSTP, SIGCONT};
static const unsigned loop_bits[] = {TERMINAL_RESIZED, TERMINAL_STOP, TERMINAL_CONTINUED};
enum { signal_count = sizeof loop_signals / sizeof *loop_signals };

static struct sigaction former[signal_count];
static int installed;

// Made once and kept to the end of the process, so that a late `terminal_wake` cannot write into a
// descriptor that has become something else.
static int wake_pipe[2] = {-1, -1};
static atomic_int pipe_ready;
static atomic_uint pending;

static void note(unsigned bit) {
  int error = errno;
  // The pipe is written only when nothing is pending, so it never fills up.
  if (atomic_fetch_or(&pending, bit) == 0 && atomic_load(&pipe_ready)) {
    char byte = 0;
    while (write(wake_pipe[1], &byte, 1) < 0 && errno == EINTR) continue;
  }
  errno = error;
}

static void on_signal(int number) {
  for (int i = 0; i < signal_count; i++)
    if (loop_signals[i] == number) note(loop_bits[i]);
}

int terminal_signals_open(void) {
  if (!atomic_load(&pipe_ready)) {
    if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return -errno;
    atomic_store(&pipe_ready, 1);
    // A wake-up from before there was a pipe.
    if (atomic_load(&pending) != 0 && write(wake_pipe[1], "", 1) < 0) return -errno;
  }
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < signal_count; i++)
    sigaction(loop_signals[i], &action, installed ? NULL : &former[i]);
  installed = 1;
  return wake_pipe[0];
}

unsigned terminal_signals_take(void) {
  char bytes[64];
  while (read(wake_pipe[0], bytes, sizeof bytes) > 0) continue;
  // After the pipe: what is noted from here on writes a new byte.
  return atomic_exchange(&pending, 0);
}

void terminal_wake(void) { note(TERMINAL_WOKEN); }

void terminal_stop(void) {
  struct sigaction standard, own;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &standard, &own);
  // The whole group, as the terminal driver does: a program that runs this one stops with it.
  kill(0, SIGTSTP);
  sigaction(SIGTSTP, &own, NULL);
  atomic_fetch_and(&pending, ~(unsigned)(TERMINAL_STOP | TERMINAL_CONTINUED));
}

void terminal_signals_close(void) {
  if (!installed) return;
  for (int i = 0; i < signal_count; i++) sigaction(loop_signals[i], &former[i], NULL);
  installed = 0;
}
