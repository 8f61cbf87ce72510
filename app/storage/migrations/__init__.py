"""How an older file becomes one of today."""
