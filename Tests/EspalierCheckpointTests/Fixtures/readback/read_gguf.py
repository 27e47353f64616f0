"""Prints what gguf finds in a file: name, and the stored numbers in the order of the file."""

import json
import sys

from gguf import GGUFReader

found = {tensor.name: tensor.data.flatten().tolist() for tensor in GGUFReader(sys.argv[1]).tensors}
json.dump(found, sys.stdout)
