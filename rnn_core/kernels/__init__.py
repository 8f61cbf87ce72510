"""The compiled engine: the same mathematics of cells, losses and optimizers, in vectors of the machine's width.

Read `elman.py`, `gru.py`, `lstm.py`, `losses.py` and `optimizers.py` for what is computed, `training.py` for the order,
`plan.py` and `plan_type.py` for what a kernel is compiled for, `lanes.py` and `memory.py` for how. Other modules call
`engine.py`, `ensemble.py` and `evaluate.py`.
"""
