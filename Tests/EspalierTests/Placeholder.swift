// EspalierTests
