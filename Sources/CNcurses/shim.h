#pragma once
// NCURSES_WIDECHAR opens the wide-character API without any -D flag.
#define NCURSES_WIDECHAR 1
#include <wchar.h>
#include <ncurses.h>
