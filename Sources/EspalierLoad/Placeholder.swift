// EspalierLoad
