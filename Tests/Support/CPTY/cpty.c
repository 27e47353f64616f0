#define _GNU_SOURCE
#include "cpty.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

int cpty_resize(int master, int rows, int columns) {
  struct winsize size = {(unsigned short)rows, (unsigned short)columns, 0, 0};
  return ioctl(master, TIOCSWINSZ, &size);
}

static int open_master(int rows, int columns, char *name, size_t length) {
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return -errno;
  if (grantpt(master) || unlockpt(master) || ptsname_r(master, name, length) ||
      cpty_resize(master, rows, columns) || fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK)) {
    int error = errno;
    close(master);
    return -error;
  }
  return master;
}

int cpty_spawn(const char *path, char *const argv[], char *const envp[], int rows, int columns,
               pid_t *pid, unsigned long *settings) {
  char name[128];
  int master = open_master(rows, columns, name, sizeof name);
  if (master < 0) return master;
  *settings = cpty_settings(master);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  // A session leader without a terminal gets the first one it opens as its controlling terminal.
  posix_spawn_file_actions_addopen(&files, 0, name, O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&files, 0, 1);
  posix_spawn_file_actions_adddup2(&files, 0, 2);

  posix_spawnattr_t attributes;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);

  int error = posix_spawn(pid, path, &files, &attributes, argv, envp);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error) {
    close(master);
    return -error;
  }
  return master;
}

unsigned long cpty_settings(int master) {
  struct termios settings;
  if (tcgetattr(master, &settings) != 0) return 0;
  // FNV over what a program may change; the padding of the structure is not looked at.
  unsigned long sum = 14695981039346656037UL;
  unsigned long words[] = {settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) sum = (sum ^ words[i]) * 1099511628211UL;
  for (size_t i = 0; i < NCCS; i++) sum = (sum ^ settings.c_cc[i]) * 1099511628211UL;
  return sum;
}

int cpty_is_cooked(int master) {
  struct termios settings;
  if (tcgetattr(master, &settings) != 0) return 0;
  tcflag_t wanted = ICANON | ECHO | ISIG;
  return (settings.c_lflag & wanted) == wanted;
}

static locale_t unicode;
static void make_locale(void) { unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }

int cpty_width(unsigned character) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_locale);
  locale_t before = uselocale(unicode);
  int width = wcwidth((wchar_t)character);
  uselocale(before);
  return width;
}
