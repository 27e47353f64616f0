// EspalierTerminal
