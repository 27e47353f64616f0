// EspalierTreeTests
