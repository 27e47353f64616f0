"""Makes the fixture in this folder: python make.py (needs gguf and numpy)."""

import pathlib

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter

writer = GGUFWriter(str(pathlib.Path(__file__).parent / "small.gguf"), "llama")
writer.add_block_count(2)
writer.add_string("general.name", "small")
writer.add_array("tokenizer.ggml.tokens", ["a", "b"])
writer.add_tensor("token_embd.weight", np.arange(6, dtype=np.float32).reshape(2, 3))
writer.add_tensor("blk.0.attn_q.weight", np.arange(4, dtype=np.float16).reshape(2, 2))
writer.add_tensor(
    "blk.1.ffn.weight",
    np.arange(34, dtype=np.uint8).reshape(1, 34),
    raw_dtype=GGMLQuantizationType.Q8_0,
)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
