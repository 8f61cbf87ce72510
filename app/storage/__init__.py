"""Runs on disk: one database file, and one thread that uses it."""
