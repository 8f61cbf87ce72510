"""`python -m app` is `rnn-adder`."""

import os
import sys

# Python searches the current folder for modules first. It is here only where the project itself lies in it.
if not sys.flags.safe_path and sys.path[0] != os.path.dirname(os.path.dirname(os.path.abspath(__file__))):
    del sys.path[0]

from app.cli import main

main()
