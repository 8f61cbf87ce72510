"""`python -m app` is `rnn-adder`."""

import os
import sys

# Python searches the current folder for modules first. This keeps it only if the project itself lies there.
if not sys.flags.safe_path and sys.path[0] != os.path.dirname(os.path.dirname(os.path.abspath(__file__))):
    del sys.path[0]

from .cli import main

main()
