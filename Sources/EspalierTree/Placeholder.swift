// EspalierTree
