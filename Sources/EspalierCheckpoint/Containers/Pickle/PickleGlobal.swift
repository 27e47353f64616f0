/// A class or function that a pickle names.
package struct PickleGlobal: Hashable, Sendable {
  package var module: [UInt8]
  package var name: [UInt8]

  package init(module: [UInt8], name: [UInt8]) {
    self.module = module
    self.name = name
  }

  /// What happens where another program loads the pickle for real.
  package enum Risk: Sendable {
    /// It only holds data.
    case data
    /// Not known to be harmless.
    case unknown
    /// It runs code, reaches files or the network, or opens the way to what does.
    case dangerous
  }

  /// `module.name`, as bytes.
  package var fullName: [UInt8] { module + [UInt8(ascii: ".")] + name }

  package func isNamed(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { $0.elementsEqual(fullName) }
  }

  package var risk: Risk {
    if isBuiltin { return builtinRisk }
    let full = String(decoding: fullName, as: UTF8.self)
    if Self.data.contains(full) { return .data }
    if Self.isStorageOrDType(full) { return .data }
    if Self.dangerousNames.contains(full) || reachesDangerousModule { return .dangerous }
    return Self.dangerousPrefixes.contains { full.hasPrefix($0) } ? .dangerous : .unknown
  }

  /// A dotted name reaches through attributes, so any step of it may be a module.
  private var reachesDangerousModule: Bool {
    let dot = UInt8(ascii: ".")
    let steps = name.split(separator: dot).dropLast() + [module.prefix { $0 != dot }]
    return steps.contains { Self.dangerousModules.contains(String(decoding: $0, as: UTF8.self)) }
  }

  private static func isStorageOrDType(_ full: String) -> Bool {
    guard full.hasPrefix("torch.") else { return false }
    let name = full.dropFirst("torch.".count)
    let device = name.hasPrefix("cuda.") ? name.dropFirst("cuda.".count) : name
    return device.hasSuffix("Storage") && !device.contains(".") || torchTypes.contains(String(name))
  }

  private static let torchTypes: Set<String> = [
    "float64", "float32", "float16", "bfloat16", "double", "float", "half", "int64", "int32",
    "int16", "int8", "uint8", "uint16", "uint32", "uint64", "long", "int", "short", "bool",
    "complex32", "complex64", "complex128", "cfloat", "cdouble", "chalf", "qint8", "quint8",
    "qint32", "quint4x2", "quint2x4", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz",
    "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2", "Size", "Tensor", "device",
    "strided", "sparse_coo", "per_tensor_affine", "per_channel_affine",
    "FloatTensor", "DoubleTensor", "HalfTensor", "LongTensor", "IntTensor", "ShortTensor",
    "CharTensor", "ByteTensor", "BoolTensor", "BFloat16Tensor",
  ]

  private static let data: Set<String> = [
    "collections.OrderedDict", "collections.Counter", "collections.deque",
    "collections.defaultdict", "argparse.Namespace", "decimal.Decimal", "fractions.Fraction",
    "datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta",
    "datetime.timezone", "uuid.UUID", "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePosixPath",
    "pathlib.WindowsPath", "pathlib.PureWindowsPath", "_codecs.encode",
    "copyreg._reconstructor", "copy_reg._reconstructor", "types.SimpleNamespace",
    "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state", "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_meta_tensor_no_storage",
    "torch._utils._rebuild_device_tensor_from_numpy",
    "torch._utils._rebuild_device_tensor_from_cpu_tensor", "torch._utils._rebuild_xla_tensor",
    "torch._utils._rebuild_nested_tensor", "torch._tensor._rebuild_from_type_v2",
    "torch._tensor._rebuild_from_type", "torch.nn.parameter.Parameter",
    "torch.nn.parameter.Buffer", "torch.nn.parameter.UninitializedParameter",
    "torch.serialization._get_layout", "torch.storage.UntypedStorage",
    "torch.storage.TypedStorage",
    "numpy.ndarray", "numpy.dtype", "numpy.matrix", "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar", "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar", "numpy.core.numeric._frombuffer",
    "numpy._core.numeric._frombuffer", "numpy.ma.core._mareconstruct",
  ]

  /// In `builtins` these only make values.
  private static let builtinValues: Set<String> = [
    "set", "frozenset", "list", "dict", "tuple", "int", "float", "complex", "bool", "str", "bytes",
    "bytearray", "slice", "range", "xrange", "unicode", "long", "object", "type", "Ellipsis",
    "NotImplemented",
  ]

  private static let dangerousModules: Set<String> = [
    "os", "posix", "nt", "sys", "subprocess", "runpy", "pip", "pty", "shutil", "socket", "ssl",
    "ctypes", "importlib", "pkgutil", "code", "codeop", "pdb", "bdb", "cProfile", "profile",
    "timeit", "trace", "webbrowser", "http", "httplib", "urllib", "urllib2", "requests", "aiohttp",
    "ftplib", "smtplib", "telnetlib", "xmlrpc", "asyncio", "multiprocessing", "threading",
    "signal", "marshal", "pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve",
    "tempfile", "tarfile", "zipfile", "zipimport", "imp", "commands", "popen2", "platform",
    "pydoc", "doctest", "ensurepip", "venv", "idlelib", "lib2to3", "distutils", "setuptools",
    "site", "sysconfig", "gc", "inspect", "weakref", "operator", "_operator",
    "functools", "builtins", "__builtin__", "linecache", "sqlite3", "fileinput",
    "glob", "bz2", "gzip", "lzma", "winreg", "_winreg", "msvcrt", "crypt", "spwd",
    "_posixsubprocess", "_osx_support", "_aix_support", "_pyrepl", "readline", "rlcompleter",
  ]

  private static let dangerousNames: Set<String> = [
    "types.FunctionType", "types.CodeType", "types.MethodType", "torch.load", "torch.hub.load",
    "torch.jit.load", "torch.storage._load_from_bytes", "torch.serialization.load",
    "torch.compile", "torch.utils.cpp_extension.load", "torch.utils.cpp_extension.load_inline",
    "torch.fx.graph_module.reduce_graph_module",
    "torch.fx.graph_module.reduce_package_graph_module",
    "torch.utils.data.datapipes.utils.decoder.basichandlers",
    "numpy.load", "numpy.f2py.compile", "numpy.fromfile", "numpy.save", "numpy.savez",
    "numpy.testing._private.utils.runstring", "numpy.testing._private.utils.rundocs",
    "io.open", "_io.open", "io.FileIO", "_io.FileIO", "io.open_code", "_io.open_code",
    "copyreg.add_extension", "copy_reg.add_extension", "copyreg.pickle", "copy_reg.pickle",
  ]

  private static let dangerousPrefixes = [
    "torch._inductor.", "torch._dynamo.", "torch.utils.bottleneck.", "torch.utils.collect_env.",
    "torch.distributed.", "torch.package.", "torch.utils._config_module.", "numpy.f2py.",
    "numpy.distutils.",
  ]
}

extension PickleGlobal {
  /// Of `builtins`, in the spelling of either Python.
  fileprivate var isBuiltin: Bool {
    ["builtins", "__builtin__", "__builtins__"].contains { module.elementsEqual($0.utf8) }
  }

  fileprivate var builtinRisk: Risk {
    Self.builtinValues.contains(String(decoding: name, as: UTF8.self)) ? .data : .dangerous
  }
}
