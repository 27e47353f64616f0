// EspalierUI
