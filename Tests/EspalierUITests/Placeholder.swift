// EspalierUITests
