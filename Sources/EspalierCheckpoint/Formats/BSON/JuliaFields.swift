/// The names of struct fields, which BSON.jl does not write: it loads structs by the places of their
/// fields, and so the names here are those that the fields have in Julia after loading, in the layers'
/// present form where that has as many fields, in an earlier one where that does.
enum JuliaFields {
  /// - Parameters:
  ///   - type: as ``JuliaName/shown`` has it.
  ///   - count: how many fields the file has for it.
  /// - Returns: nil where the type is not known with so many fields.
  static func names(_ type: String, count: Int) -> [String]? {
    // Tracker was a part of Flux once.
    let type = type.hasPrefix("Flux.Tracker.") ? String(type.dropFirst("Flux.".count)) : type
    guard let forms = table[type] else { return nil }
    return forms.lazy.map { $0.split(separator: " ").map(String.init) }
      .first { $0.count == count }
  }

  private static let convolution = [
    "σ weight bias stride pad dilation groups", "σ weight bias stride pad dilation",
  ]
  private static let transposedConvolution = [
    "σ weight bias stride pad outpad dilation groups", "σ weight bias stride pad dilation groups",
    "σ weight bias stride pad dilation",
  ]
  private static let batchNorm = [
    "λ β γ μ σ² ϵ momentum affine track_stats active chs", "λ β γ μ σ² ϵ momentum active",
  ]
  private static let pool = ["k pad stride"]
  private static let adam = ["eta beta epsilon state", "eta beta state"]

  private static let table: [String: [String]] = [
    "Flux.Chain": ["layers"],
    "Flux.Parallel": ["connection layers"],
    "Flux.PairwiseFusion": ["connection layers"],
    "Flux.SkipConnection": ["layers connection"],
    "Flux.Maxout": ["layers"],
    "Flux.Dense": ["weight bias σ"],
    "Flux.Bilinear": ["weight bias σ"],
    "Flux.Embedding": ["weight"],
    "Flux.EmbeddingBag": ["weight reduction"],
    "Flux.Scale": ["scale bias σ"],
    "Flux.Diagonal": ["scale bias"],
    "Flux.Conv": convolution,
    "Flux.CrossCor": convolution,
    "Flux.DepthwiseConv": convolution,
    "Flux.ConvTranspose": transposedConvolution,
    "Flux.BatchNorm": batchNorm,
    "Flux.InstanceNorm": batchNorm,
    "Flux.GroupNorm": [
      "G λ β γ μ σ² ϵ momentum affine track_stats active chs", "G λ β γ μ σ² ϵ momentum active",
    ],
    "Flux.LayerNorm": ["λ diag ϵ size affine", "diag"],
    "Flux.Dropout": ["p dims active rng", "p dims active"],
    "Flux.AlphaDropout": ["p active rng", "p active"],
    "Flux.MaxPool": pool,
    "Flux.MeanPool": pool,
    "Flux.AdaptiveMaxPool": ["out"],
    "Flux.AdaptiveMeanPool": ["out"],
    "Flux.Upsample": ["scale size"],
    "Flux.PixelShuffle": ["r"],
    "Flux.Recur": ["cell state", "cell init state"],
    "Flux.RNNCell": ["σ Wi Wh b state0"],
    "Flux.LSTMCell": ["Wi Wh b state0", "Wi Wh bias", "Wi Wh b h c"],
    "Flux.GRUCell": ["Wi Wh b state0"],
    "Flux.GRUv3Cell": ["Wi Wh b Wh_h̃ state0"],
    "Flux.Optimise.Descent": ["eta"],
    "Flux.Optimise.Momentum": ["eta rho velocity"],
    "Flux.Optimise.Nesterov": ["eta rho velocity"],
    "Flux.Optimise.RMSProp": ["eta rho epsilon acc", "eta rho acc"],
    "Flux.Optimise.ADAM": adam,
    "Flux.Optimise.Adam": adam,
    "Flux.Optimise.AdaMax": adam,
    "Flux.Optimise.NADAM": adam,
    "Flux.Optimise.AMSGrad": adam,
    "Flux.Optimise.ADAGrad": ["eta epsilon acc", "eta acc"],
    "Flux.Optimise.ADADelta": ["rho epsilon state", "rho state"],
    "Flux.Optimise.WeightDecay": ["wd"],
    "Flux.Optimise.ExpDecay": ["eta decay step clip start current", "eta decay step clip current"],
    "Flux.Optimise.Optimiser": ["os"],
    "Tracker.TrackedArray": ["tracker data grad"],
    "Tracker.TrackedReal": ["data tracker"],
    "Tracker.Tracked": ["ref f isleaf grad"],
    "Tracker.Call": ["func args"],
    "Zygote.Buffer": ["data freeze"],
    "Zygote.IdSet": ["dict"],
    "LinearAlgebra.Diagonal": ["diag"],
    "LinearAlgebra.Transpose": ["parent"],
    "LinearAlgebra.Adjoint": ["parent"],
    "IdSet": ["dict"],
    "Set": ["dict"],
    "Pair": ["first second"],
    "RefValue": ["x"],
    "Complex": ["re im"],
  ]
}
