/// The path of a program of this package, which is built beside the tests.
public func builtProgram(_ name: String) -> String {
  var components = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false)
  components.removeLast()
  let folder = components.joined(separator: "/")
  return folder + "/" + name
}
