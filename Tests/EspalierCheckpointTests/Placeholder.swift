// EspalierCheckpointTests
