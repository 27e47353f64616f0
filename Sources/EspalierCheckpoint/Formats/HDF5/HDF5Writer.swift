import EspalierTree

struct HDF5Writer: CheckpointWriter {
  func losses(_ request: SaveRequest) throws -> [String] { [] }
  func write(_ request: SaveRequest) throws -> SaveReport {
    throw Cancelled()
  }
}
