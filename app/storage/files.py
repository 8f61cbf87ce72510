"""Moving files on systems that refuse it for a moment."""

import os
import sys
import time
from pathlib import Path

PATIENCE = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds to wait before each further try."""


def replace(source: Path, target: Path) -> None:
    """Move a file, over another one if there is one.

    Windows refuses that while any program has one of them open. A virus scanner or a backup has new files open for a
    moment, so it is tried again.

    Raises:
        OSError: it can't be moved.
    """
    for seconds in PATIENCE:
        try:
            os.replace(source, target)
        except PermissionError:
            if sys.platform != "win32":
                raise
            time.sleep(seconds)
        else:
            return
    os.replace(source, target)
