"""The machine as the kernels see it: vectors of lanes, memory, products, and giving a core to others."""
