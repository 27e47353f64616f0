import EspalierTree

/// HDF5 as h5py and Keras 1 to 3 write it: groups are branches, datasets are arrays.
///
/// Read without libhdf5; `HDF5File` says why.
package struct HDF5: CheckpointFormat {
  package let name = "hdf5"
  package let summary = "Keras 1 to 3, h5py, MATLAB, old JLD (Julia)"
  package let extensions = ["h5", "hdf5"]
  package let signature = "89 48 44 46 0d 0a 1a 0a at byte 0, 512, 1024, …"
  package var writer: (any CheckpointWriter)? { HDF5Writer() }

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence {
    if sample.starts(with: HDF5File.signature) { return .certain }
    return HDF5File.signatureOffset(in: sample.region, limit: 1 << 20) == nil ? .no : .likely
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    var reader = try HDF5TreeReader(HDF5File(region))
    return try reader.read()
  }
}
