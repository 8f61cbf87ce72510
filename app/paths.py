"""Where the page's files lie, in a checkout and in an installed wheel alike."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"
