"""The compiled engine: the mathematics of cells, losses and optimizers once more, in vectors of the machine's width.

Read `elman.py`, `gru.py`, `lstm.py`, `losses.py` and `optimizers.py` for what is computed, `training.py` for the order,
`plan.py` and `plan_type.py` for what a kernel is compiled for, `lanes.py` and `memory.py` for how. `engine.py`,
`ensemble.py` and `evaluate.py` are what others call.
"""
