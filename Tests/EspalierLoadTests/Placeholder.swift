// EspalierLoadTests
