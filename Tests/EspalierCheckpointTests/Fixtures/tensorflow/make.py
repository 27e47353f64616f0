"""Makes the fixtures in this folder and in ../tensorflow-kinds: python make.py (needs tensorflow)."""

import hashlib
import pathlib

import numpy as np
import tensorflow as tf

tables = pathlib.Path(__file__).parent
kinds = tables.parent / "tensorflow-kinds"
v1 = tf.compat.v1


def expect(path, keys, values=None):
    """Writes beside a checkpoint what TensorFlow itself reads in it.

    Of old tables it reads a few types only, and no parts: the values are those of another
    checkpoint then.
    """
    reader = tf.train.load_checkpoint(str(path))
    values = tf.train.load_checkpoint(str(values)) if values else reader
    shapes, types = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    names = {
        "float32": "F32", "float64": "F64", "float16": "F16", "bfloat16": "BF16", "int8": "I8",
        "int16": "I16", "int32": "I32", "int64": "I64", "uint8": "U8", "uint16": "U16",
        "bool": "BOOL", "complex64": "C64", "complex128": "C128", "string": "STR",
    }
    lines = ["#tensor path\tdtype\tshape\tsha256"]
    for key in sorted(shapes):
        dtype = names[types[key].name]
        if dtype == "STR" and shapes[key] == [] and not key.startswith("_"):
            continue  # shown as a text
        sha = "-" if dtype == "STR" else hashlib.sha256(
            np.ascontiguousarray(values.get_tensor(key)).tobytes()).hexdigest()
        lines.append(f"{key}\t{dtype}\t{shapes[key]}\t{sha}")
    pathlib.Path(f"{path}{keys}.expected.tsv").write_text("\n".join(lines) + "\n")


def save(path, version, build, sharded=False):
    with v1.Graph().as_default():
        build()
        saver = v1.train.Saver(write_version=version, sharded=sharded, save_relative_paths=True)
        config = v1.ConfigProto(device_count={"CPU": 2})
        with v1.Session(config=config) as session:
            session.run(v1.global_variables_initializer())
            saver.save(session, str(path), write_meta_graph=False, write_state=False)


def variable(name, values, dtype):
    v1.get_variable(name, initializer=tf.constant(values, dtype), use_resource=False)


def types():
    old_types()
    variable("brain", [0.5, -1.0], tf.bfloat16)


def old_types():
    variable("layer_2/kernel", np.arange(6).reshape(2, 3) / 4, tf.float32)
    variable("layer_10/kernel", [[1.5], [-2.0]], tf.float64)
    variable("half", [0.5, -1.0, 65504.0], tf.float16)
    variable("large", [-(2**62), -1, 0, 2**40], tf.int64)
    variable("small", [-128, 127], tf.int8)
    variable("short", [-1, 300], tf.int16)
    variable("bytes", [0, 255], tf.uint8)
    variable("flags", [True, False, True], tf.bool)
    variable("complex", [1 + 2j, -3j], tf.complex64)
    variable("scalar", 7, tf.int32)


def partitioned():
    rows = tf.compat.v1.fixed_size_partitioner(3)
    columns = tf.compat.v1.fixed_size_partitioner(2, axis=1)
    values = v1.random_uniform_initializer(seed=1)
    v1.get_variable("rows", [7, 10], initializer=values, partitioner=rows, use_resource=False)
    v1.get_variable("columns", [7, 10], initializer=values, partitioner=columns, use_resource=False)
    v1.get_variable("whole", [3], initializer=v1.ones_initializer(), use_resource=False)


def trained():
    with tf.device("/cpu:0"):
        variable("dense/kernel", [[1.0, 2.0]], tf.float32)
    with tf.device("/cpu:1"):
        variable("dense/bias", [3.0], tf.float32)
    loss = sum(tf.reduce_sum(x) for x in v1.trainable_variables())
    v1.train.AdamOptimizer().minimize(loss, v1.train.create_global_step())


def objects():
    dense = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2, name="first"),
                                 tf.keras.layers.Dense(1, name="second")])
    for weight in dense.weights:
        weight.assign(np.arange(np.prod(weight.shape), dtype=np.float32).reshape(weight.shape))
    shared = tf.Variable([1, 2, 3], dtype=tf.int64, name="shared")
    holder = tf.Module()
    holder.again = shared
    holder.words = tf.Variable(["one", "two"], name="words")
    holder.motto = tf.Variable("steady", name="motto")
    checkpoint = tf.train.Checkpoint(model=dense, table=shared, holder=holder)
    checkpoint.write(str(kinds / "objects"))


save(tables / "types.ckpt", v1.train.SaverDef.V1, old_types)
save(kinds / "old-types.ckpt", v1.train.SaverDef.V1, old_types)
save(kinds / "old-partitioned.ckpt", v1.train.SaverDef.V1, partitioned)
save(kinds / "old-sharded.ckpt", v1.train.SaverDef.V1, trained, sharded=True)
save(kinds / "types", v1.train.SaverDef.V2, types)
save(kinds / "partitioned", v1.train.SaverDef.V2, partitioned)
save(kinds / "trained", v1.train.SaverDef.V2, trained, sharded=True)
objects()
expect(kinds / "old-types.ckpt", "", values=kinds / "types")
expect(kinds / "old-partitioned.ckpt", "", values=kinds / "partitioned")
for name in ["types", "partitioned", "trained", "objects"]:
    expect(kinds / name, ".index")
