#define _GNU_SOURCE
#include "files.h"
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

ssize_t cs_copy_file_range(int in, int64_t in_offset, int out, int64_t out_offset, size_t count) {
    off_t from = in_offset, to = out_offset;
    return copy_file_range(in, &from, out, &to, count, 0);
}

int cs_rename_noreplace(int folder, const char *from, const char *to) {
    return renameat2(folder, from, folder, to, RENAME_NOREPLACE);
}

int cs_rename_exchange(int folder, const char *from, const char *to) {
    return renameat2(folder, from, folder, to, RENAME_EXCHANGE);
}

ssize_t cs_list_attributes(int fd, char *names, size_t count) { return flistxattr(fd, names, count); }

ssize_t cs_get_attribute(int fd, const char *name, void *value, size_t count) {
    return fgetxattr(fd, name, value, count);
}

int cs_set_attribute(int fd, const char *name, const void *value, size_t count) {
    return fsetxattr(fd, name, value, count, 0);
}

int cs_memory_file(void) { return memfd_create("espalier", MFD_CLOEXEC); }

unsigned cs_umask(void) {
    // umask() can only be read by changing it, which another thread could see; the kernel prints it.
    unsigned mask = 022;
    FILE *status = fopen("/proc/self/status", "re");
    if (!status) return mask;
    char line[256];
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "Umask: %o", &mask) == 1) break;
    fclose(status);
    return mask & 0777;
}

void cs_error_text(int error, char *text, size_t count) {
    if (count == 0) return;
    const char *words = strerror_r(error, text, count);
    if (words != text) {
        strncpy(text, words, count - 1);
        text[count - 1] = 0;
    }
}

// A slot goes free → filling → armed → free. Only the owner moves it on; the handler reads armed ones.
enum { FREE, FILLING, ARMED };
static struct {
    atomic_int state;
    int folder;
    char name[64];
} temporary[1024];
enum { SLOTS = sizeof temporary / sizeof *temporary };

int cs_temporary_register(int folder, const char *name) {
    if (strlen(name) >= sizeof temporary[0].name) return -1;
    for (int slot = 0; slot < SLOTS; slot++) {
        int expected = FREE;
        if (!atomic_compare_exchange_strong(&temporary[slot].state, &expected, FILLING)) continue;
        temporary[slot].folder = folder;
        strcpy(temporary[slot].name, name);
        atomic_store(&temporary[slot].state, ARMED);
        return slot;
    }
    return -1;
}

void cs_temporary_release(int slot) {
    if (slot >= 0 && slot < SLOTS) atomic_store(&temporary[slot].state, FREE);
}

void cs_temporary_remove_all(void) {
    for (int slot = 0; slot < SLOTS; slot++)
        if (atomic_load(&temporary[slot].state) == ARMED)
            unlinkat(temporary[slot].folder, temporary[slot].name, 0);
}

static void on_ending_signal(int number) {
    cs_temporary_remove_all();
    // Blocked until this handler returns; then it ends the program as it would have.
    signal(number, SIG_DFL);
    raise(number);
}

void cs_temporary_guard(void) {
    static const int ending[] = {SIGTERM, SIGHUP, SIGINT};
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
        struct sigaction former;
        if (sigaction(ending[i], NULL, &former) != 0 || former.sa_handler != SIG_DFL) continue;
        struct sigaction own = {.sa_handler = on_ending_signal};
        sigemptyset(&own.sa_mask);
        sigaction(ending[i], &own, NULL);
    }
}
