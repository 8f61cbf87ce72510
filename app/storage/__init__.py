"""Runs on disk: one database file, one thread that speaks to it."""
