// EspalierProgramTests
