// espalier
