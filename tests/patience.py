"""How long tests wait for what has to happen, and how much of what could be tried they try."""

import os

PATIENCE = 600.0
"""Seconds. Tests wait for events, so this limit costs nothing; it ends a test whose event never comes. It is long,
because a busy machine may need fifty times as long as a quiet one.
"""

TRY_ALL = bool(os.environ.get("RNN_ADDER_ALL_SIZES"))
"""Whether tests try all that they can, where usually a sample does. That takes some ten minutes more."""
