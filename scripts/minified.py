"""Writes the minified scripts of the page to a folder, as the server sends them, with a configuration of eslint. It
finds what the minifier broke: a constant that is used before it has its value.
"""

import sys
from pathlib import Path

from app.assets import shrunk
from app.paths import STATIC

CONFIG = """export default [
  { files: ["**/*.js"], rules: { "no-use-before-define": ["error", { functions: false, variables: false }] } },
];
"""


def main(folder: Path) -> None:
    (folder / "eslint.config.mjs").write_text(CONFIG, encoding="utf-8")
    for source in STATIC.rglob("*.js"):
        name = source.relative_to(STATIC)
        if name.parts[0] != "vendor":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(shrunk(source, source.stat().st_mtime_ns), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
