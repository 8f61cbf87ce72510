"""Upgrading older files to the current version."""
