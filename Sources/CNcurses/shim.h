#pragma once
// NCURSES_WIDECHAR opens the wide-character API without any -D flag.
#define NCURSES_WIDECHAR 1
#include <stdio.h>
#include <wchar.h>
#include <ncurses.h>

// Mutable globals and macros with casts do not come through to Swift; these do.

static inline WINDOW *curses_screen(void) { return stdscr; }
static inline WINDOW *curses_physical_screen(void) { return curscr; }
static inline int curses_colors(void) { return COLORS; }

static const attr_t CURSES_BOLD = A_BOLD, CURSES_DIM = A_DIM, CURSES_ITALIC = A_ITALIC,
                    CURSES_UNDERLINE = A_UNDERLINE, CURSES_REVERSE = A_REVERSE;

/// Sets one cell to a character with its marks. Colour pairs above 255 travel as the last argument.
static inline int curses_put(WINDOW *window, int y, int x, const wchar_t *text, attr_t attributes,
                             int pair) {
  cchar_t cell;
  if (setcchar(&cell, text, attributes, 0, &pair) == ERR) return ERR;
  return mvwadd_wch(window, y, x, &cell);
}

// <term.h> would bring hundreds of macros with names such as `lines`.
char *tigetstr(const char *name);

/// The value of a terminfo string, or NULL if the terminal has none.
static inline const char *curses_capability(const char *name) {
  char *value = tigetstr(name);
  return value == (char *)-1 ? NULL : value;
}

// Declared by <wchar.h> only under feature macros that Swift's importer does not set.
int wcwidth(wchar_t character);
