// EspalierCheckpoint
