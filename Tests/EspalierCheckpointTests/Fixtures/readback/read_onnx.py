"""Prints the float initializers that onnx finds in a model, by name, in hexadecimal."""

import json
import sys

import onnx
from onnx import numpy_helper

model = onnx.load(sys.argv[1])
print(json.dumps({
    tensor.name: numpy_helper.to_array(tensor).tobytes().hex()
    for tensor in model.graph.initializer
    if tensor.data_type == onnx.TensorProto.FLOAT
}))
