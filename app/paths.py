"""Where the page's files lie, both in a checkout and in an installed wheel."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"
