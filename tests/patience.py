"""How long tests wait for what has to happen."""

PATIENCE = 600.0
"""Seconds. Tests wait for events, so this limit costs nothing; it ends a test whose event never comes. It is long,
because a busy machine may need fifty times as long as a quiet one.
"""
