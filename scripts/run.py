"""Installs where needed, then serves the lab and prints its address. Arguments pass through, such as --port 9000."""

import sys

from setup import PYTHON, become, set_up

set_up()
become([PYTHON, "-P", "-m", "rnn_adder", "serve", *sys.argv[1:]])
