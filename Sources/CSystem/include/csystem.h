#pragma once
#include "files.h"
#include "terminal_guard.h"
#include "terminal_signals.h"
