"""Hatchling hooks: what the package requires on the machine that it is installed on, and its description.

Numba has wheels for most systems, but none for musl (Alpine Linux). No environment marker tells musl from glibc. So the
requirements are made when the package is built, and a wheel that was built on musl says so in its tag. pip prefers such
a wheel there. With RNN_ADDER_WHEEL=musl this wheel is built on another system.

Both projects use this file: the lab (pyproject.toml) and the library alone (rnn_core/pyproject.toml).
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface
from packaging.tags import platform_tags

MUSL_TAG = "musllinux_1_2_x86_64.musllinux_1_2_aarch64"
"""The systems of a wheel for musl that is built on another system."""

SYSTEMS = (
    "sys_platform == 'linux' and (platform_machine == 'x86_64' or platform_machine == 'aarch64')",
    "sys_platform == 'darwin' and platform_machine == 'arm64'",
    "sys_platform == 'win32' and platform_machine == 'AMD64'",
    "sys_platform == 'win32' and platform_machine == 'ARM64' and python_version >= '3.12' and python_version < '3.15'",
)
"""Where the newest Numba has wheels."""

NUMBA = (
    "numba>=0.61; platform_python_implementation == 'CPython' and python_version < '3.16' and "
    f"({' or '.join(f'({system})' for system in SYSTEMS)})",
    # The last one for Macs with Intel processors.
    "numba>=0.61,<0.63; platform_python_implementation == 'CPython' and python_version < '3.14' and "
    "sys_platform == 'darwin' and platform_machine == 'x86_64'",
)
"""The compiler, where it has wheels. Elsewhere the reference engine computes."""

PICTURE = re.compile(r"!\[[^\]]*\]\((?!https?:)[^)]*\)\n*")
LINK = re.compile(r"\[([^\]]*)\]\((?!https?:)[^)#]*(?:#[^)]*)?\)")
"""A relative picture and a relative link in Markdown: on a package index they lead nowhere."""


def musl() -> str | None:
    """The part of a wheel's tag that says for which systems with musl it is; None for a wheel for all others."""
    if os.environ.get("RNN_ADDER_WHEEL") == "musl":
        return MUSL_TAG
    return next((tag for tag in platform_tags() if tag.startswith("musllinux")), None)


def requirements(always: list[str], on_musl: bool) -> list[str]:
    """What a wheel requires; `always` is what it requires everywhere."""
    return [*always, *(() if on_musl else NUMBA)]


def without_relative_links(markdown: str) -> str:
    """A README that can be read away from its folder: the words of links to other files, without the links."""
    return LINK.sub(r"\1", PICTURE.sub("", markdown))


def tag(build_data: dict[str, Any]) -> None:
    """Say in the tag of a wheel that it is for musl, if it is."""
    if (systems := musl()) is not None:
        build_data["tag"] = f"py3-none-{systems}"


class Requirements(MetadataHookInterface):
    """Fills in `dependencies`, and `readme` where that is dynamic."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        metadata["dependencies"] = requirements(self.config["dependencies"], musl() is not None)
        if "readme" in metadata["dynamic"]:
            text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
            metadata["readme"] = {"content-type": "text/markdown", "text": without_relative_links(text)}


class Tag(BuildHookInterface[Any]):
    """The build hook of the library alone."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        tag(build_data)
