import Testing

@testable import EspalierTree

@Suite struct TieTests {
  /// The tied groups of arrays of one storage, as lists of their numbers.
  private func groups(
    _ arrays: [(Shape, Layout)], dtypes: [DType] = [], storages: [Int32] = []
  ) throws -> [[Int]] {
    var builder = TreeBuilder()
    for (index, (shape, layout)) in arrays.enumerated() {
      let dtype = index < dtypes.count ? dtypes[index] : .f32
      let storage = index < storages.count ? storages[index] : 0
      try builder.setArray(
        ArrayDescription(dtype, shape, layout: layout, storage: StorageID(storage)),
        at: builder.node(Name("v\(index)")))
    }
    let tree = builder.finish()
    let groups = tree.tiedGroups.map { $0.leaves.map(\.index) }
    // A leaf knows its group.
    for (number, group) in groups.enumerated() {
      for leaf in group { #expect(tree.tie(of: LeafID(Int32(leaf))) == number) }
    }
    for leaf in tree.leafIDs where !groups.joined().contains(leaf.index) {
      #expect(tree.tie(of: leaf) == nil)
    }
    return groups
  }

  private func slice(_ offset: Int, _ strides: Int...) -> Layout {
    .strided(offset: offset, strides: strides)
  }

  @Test func oneArrayUnderTwoNamesIsTied() throws {
    #expect(try groups([([2, 3], .row), ([2, 3], .row)]) == [[0, 1]])
    #expect(try groups([([2], .row), ([2], .row)], storages: [0, 1]) == [])
    #expect(try groups([([2], .row)]) == [])
  }

  @Test func transposesAndSlicesAreViews() throws {
    #expect(try groups([([2, 3], .row), ([3, 2], slice(0, 1, 3))]) == [[0, 1]])
    #expect(try groups([([2, 3], .row), ([2], slice(1, 3))]) == [[0, 1]])
    #expect(try groups([([6], .row), ([2, 3], .contiguous(.column))]) == [[0, 1]])
    // Beginning to end: a view with negative strides.
    #expect(try groups([([6], .row), ([3], slice(5, -2))]) == [[0, 1]])
  }

  @Test func slicesSideBySideAreNotTied() throws {
    #expect(try groups([([4], slice(0, 1)), ([4], slice(4, 1))]) == [])
    #expect(try groups([([4], slice(0, 1)), ([4], slice(3, 1))]) == [[0, 1]])
    // Unless something lies over both.
    #expect(try groups([([4], slice(0, 1)), ([4], slice(4, 1)), ([8], .row)]) == [[0, 1, 2]])
  }

  @Test func interleavedColumnsAreNotTied() throws {
    #expect(try groups([([3], slice(0, 2)), ([3], slice(1, 2))]) == [])
    #expect(try groups([([3], slice(0, 2)), ([3], slice(2, 2))]) == [[0, 1]])
    #expect(try groups([([2, 2], slice(0, 4, 1)), ([2, 2], slice(2, 4, 1))]) == [])
  }

  @Test func severalGroupsInOneStorageStandInWalkOrder() throws {
    #expect(
      try groups([([2], slice(4, 1)), ([2], slice(0, 1)), ([2], slice(4, 1)), ([2], slice(0, 1))])
        == [[0, 2], [1, 3]])
  }

  @Test func emptyArraysAreNeverTied() throws {
    #expect(try groups([([0], .row), ([0], .row), ([2, 0], slice(0, 1, 1))]) == [])
  }

  @Test func viewsOfOtherElementTypesOverlapByBytes() throws {
    // Elements 2 and 3 of two bytes are the bytes of element 1 of four.
    #expect(
      try groups([([1], slice(1, 1)), ([2], slice(2, 1))], dtypes: [.f32, .i16]) == [[0, 1]])
    #expect(try groups([([1], slice(1, 1)), ([2], slice(0, 1))], dtypes: [.f32, .i16]) == [])
  }

  @Test func sameArraysAreSameInEverything() throws {
    var builder = TreeBuilder()
    let base = ArrayDescription(.f32, [2, 2], storage: StorageID(0))
    var arrays = [base, base, base, base, base]
    arrays[1].layout = .strided(offset: 0, strides: [2, 1])  // the same, said in full
    arrays[2].layout = .contiguous(.column)
    arrays[3].storage = nil
    arrays[4].dtype = .i32
    for (index, array) in arrays.enumerated() {
      try builder.setArray(array, at: builder.node(Name("v\(index)")))
    }
    let tree = builder.finish()
    let first = LeafID(0 as Int32)
    #expect(tree.leafIDs.map { tree.isSameArray(first, $0) } == [true, true, false, false, false])
    #expect(tree.isSameArray(LeafID(3 as Int32), LeafID(3 as Int32)))
  }

  @Test func manySlicesOfOneStorage() throws {
    let slices = (0..<2000).map { (Shape([2]), slice($0 * 2, 1)) }
    #expect(try groups(slices) == [])
    #expect(try groups(slices + [([4000], .row)]) == [Array(0...2000)])
  }
}
