"""Addresses in pages are relative, so that the lab works below any prefix."""


def up(path: str) -> str:
    """The way from the page at this path up to the root of the lab: "" or "../", repeated."""
    return "../" * (path.count("/") - 1)
