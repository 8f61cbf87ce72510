"""The recurrent cells, by their names in a configuration. Each cell is one file; begin with `elman`."""

from rnn_core.cells.cell import Activity, Cell, Memory
from rnn_core.cells.elman import ElmanCell
from rnn_core.cells.gru import GruCell
from rnn_core.cells.lstm import LstmCell

CELLS: dict[str, type[ElmanCell] | type[GruCell] | type[LstmCell]] = {
    cell.name: cell for cell in (ElmanCell, GruCell, LstmCell)
}

__all__ = ["CELLS", "Activity", "Cell", "ElmanCell", "GruCell", "LstmCell", "Memory"]
