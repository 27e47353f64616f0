// EspalierDiagnosisTests
