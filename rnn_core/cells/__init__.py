"""The recurrent cells that exist, by the name a configuration gives them. One file a cell."""

from rnn_core.cells.elman import ElmanActivity, ElmanCell

CELLS: dict[str, type[ElmanCell]] = {"elman": ElmanCell}

__all__ = ["CELLS", "ElmanActivity", "ElmanCell"]
