"""Prints what the Julia grammar does not understand in a file; exits with 1 where there is something.

    julia_syntax.py FILE
"""
import sys

import tree_sitter_julia
from tree_sitter import Language, Parser

with open(sys.argv[1], "rb") as file:
    text = file.read()
tree = Parser(Language(tree_sitter_julia.language())).parse(text)
complaints = []
open_nodes = [tree.root_node]
while open_nodes:
    node = open_nodes.pop()
    if node.type == "ERROR" or node.is_missing:
        complaints.append(f"line {node.start_point[0] + 1}: {text[node.start_byte:node.end_byte][:80]!r}")
    else:
        open_nodes += node.children
print("\n".join(complaints) or f"{text.count(b'function ')} functions")
sys.exit(bool(complaints))
