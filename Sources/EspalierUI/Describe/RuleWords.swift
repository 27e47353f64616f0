import EspalierLoad

/// The rule of the leaf table that decided a row, in words.
func ruleWords(_ verdict: Verdict) -> String {
  switch verdict {
  case .branch: "a branch: what counts is decided below it"
  case .load: "same shape and element type: copied"
  case .convert: "same shape: copied, and converted to the destination's element type"
  case .zeroFill: "the source says false: filled with zeros"
  case .tied: "loaded already, at another path of the same storage"
  case .untouched: "no array on either side: the destination's own stays"
  case .inactive: "inactive (false) in the destination, all zero in the source: nothing to copy"
  case .inactiveIgnored: "inactive (false) in the destination: the source's array is not used"
  case .kept: "the source says nothing: the array keeps its values"
  case .undecided: "false opposite an array: decided once its values can be read"
  case .missing: "only in the destination: a strict load stops here, a lenient one keeps it"
  case .unexpected: "only in the source: a strict load stops here, a lenient one does not use it"
  case .shape: "other shape: a strict load stops here, a lenient one keeps the destination's values"
  case .dtype:
    "element types that do not convert: a strict load stops here, a lenient one keeps the values"
  case .structure:
    "a branch on one side, a leaf on the other: a strict load stops here, a lenient one keeps it"
  case .trueInSource: "the source says true, which means nothing for an array: it is kept"
  case .nothingInSource:
    "the source says nothing: a strict load stops here, a lenient one keeps the array"
  case .notAnArray:
    "the source has no array here: a strict load stops here, a lenient one keeps the destination's"
  case .trueInDestination: "true in the destination: it is never loaded into"
  case .noArrayToLoadInto: "the destination has no array to load the source's into"
  case .wouldBeLost:
    "inactive (false) in the destination, not zero in the source: it would be lost"
  case .tiedSourcesDiffer:
    "tied in the destination, but the source has other values here than where it was loaded first"
  case .tiedBoolAndArray:
    "tied in the destination, but the source has false at one path and an array at the other"
  case .noValues: "the source describes the array but holds no values"
  }
}

/// The reason in three words or less, for lists.
func shortReason(_ verdict: Verdict) -> String {
  switch verdict {
  case .branch: ""
  case .load: "copied"
  case .convert: "converted"
  case .zeroFill: "filled with zeros"
  case .tied: "loaded through its tie"
  case .untouched: "untouched"
  case .inactive, .inactiveIgnored: "inactive"
  case .kept: "kept"
  case .undecided: "values not read"
  case .missing: "missing in the source"
  case .unexpected: "not in the destination"
  case .shape: "other shape"
  case .dtype: "does not convert"
  case .structure: "branch against leaf"
  case .trueInSource: "source says true"
  case .nothingInSource: "source says nothing"
  case .notAnArray: "no array in the source"
  case .trueInDestination: "destination is true"
  case .noArrayToLoadInto: "no array to load into"
  case .wouldBeLost: "would be lost"
  case .tiedSourcesDiffer: "tied, sources differ"
  case .tiedBoolAndArray: "tied, false and array"
  case .noValues: "no values"
  }
}
