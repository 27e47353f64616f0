#include "terminal_guard.h"
#include "files.h"
#include "terminal_stderr.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

// Everything below `give_back` may run in a signal handler, at any point of the program: only
// async-signal-safe calls, no locks, no memory.

static const int ending_signals[] = {
    SIGTERM, SIGHUP, SIGINT, SIGQUIT,                            // asked to end
    SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSYS,   // crashed
};
enum { signal_count = sizeof ending_signals / sizeof *ending_signals };

static struct sigaction former[signal_count];
static int installed;

static int terminal = -1;
static struct termios settings;
static char farewell[512];
static atomic_size_t farewell_length;
static atomic_int armed;

static void give_back(void) {
  // Once, even if two threads crash together.
  if (!atomic_exchange(&armed, 0)) return;
  int error = errno;
  const char *rest = farewell;
  size_t left = atomic_load(&farewell_length);
  while (left > 0) {
    ssize_t written = write(terminal, rest, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    rest += written;
    left -= (size_t)written;
  }
  // Not TCSADRAIN: a terminal that takes no output must not keep the process alive. Input that is
  // still under way, such as reports of the mouse, would be typed into the shell.
  tcsetattr(terminal, TCSANOW, &settings);
  tcflush(terminal, TCIFLUSH);
  terminal_stderr_release();
  errno = error;
}

static void on_ending_signal(int number, siginfo_t *info, void *context) {
  give_back();
  cs_temporary_remove_all();
  for (int i = 0; i < signal_count; i++) {
    if (ending_signals[i] != number) continue;
    sigaction(number, &former[i], NULL);
    if (former[i].sa_flags & SA_SIGINFO && former[i].sa_sigaction) {
      // A crash reporter: it needs the registers at the crash, which a new signal would not have.
      former[i].sa_sigaction(number, info, context);
    }
  }
  // Blocked until this handler returns, then it takes its former course. After a crash reporter
  // too: it leaves the end to the crash happening again, which a signal from outside does not.
  raise(number);
}

// A crash by stack overflow has no stack left to run a handler on.
static void ensure_signal_stack(void) {
  static char memory[64 * 1024];
  stack_t current;
  if (sigaltstack(NULL, &current) == 0 && current.ss_flags & SS_DISABLE) {
    stack_t own = {.ss_sp = memory, .ss_size = sizeof memory};
    sigaltstack(&own, NULL);
  }
}

int terminal_guard_install(int fd) {
  if (installed) terminal_guard_remove();
  if (tcgetattr(fd, &settings) != 0) return errno;
  terminal = fd;
  atomic_store(&farewell_length, 0);

  static int registered;
  if (!registered) registered = atexit(give_back) == 0;
  ensure_signal_stack();

  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_ending_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  // Setting the terminal from the background would stop the process instead of ending it.
  sigaddset(&action.sa_mask, SIGTTOU);
  for (int i = 0; i < signal_count; i++) {
    sigaction(ending_signals[i], NULL, &former[i]);
    // Whoever started the program with a signal ignored (nohup) meant it.
    int ignored = !(former[i].sa_flags & SA_SIGINFO) && former[i].sa_handler == SIG_IGN;
    if (!ignored) sigaction(ending_signals[i], &action, NULL);
  }
  installed = 1;
  atomic_store(&armed, 1);
  return 0;
}

void terminal_guard_set_farewell(const void *bytes, size_t count) {
  if (count > sizeof farewell) count = sizeof farewell;
  atomic_store(&farewell_length, 0);
  memcpy(farewell, bytes, count);
  atomic_store(&farewell_length, count);
}

void terminal_guard_arm(int value) { atomic_store(&armed, value && installed); }

void terminal_guard_remove(void) {
  atomic_store(&armed, 0);
  if (!installed) return;
  for (int i = 0; i < signal_count; i++) sigaction(ending_signals[i], &former[i], NULL);
  installed = 0;
}
