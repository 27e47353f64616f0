// EspalierDiagnosis
