@_exported import EspalierCheckpoint
@_exported import EspalierDiagnosis
@_exported import EspalierLoad
@_exported import EspalierRepair
@_exported import EspalierTree
