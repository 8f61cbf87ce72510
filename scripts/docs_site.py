"""Hooks of MkDocs for mkdocs.yml.

The documentation links to files outside of docs/, as any page of a repository does. On the site these links lead
somewhere, too: the pages at the top of the repository become pages of the site, and a source file that is linked to
becomes a page that shows it. What the code says of itself (commands, HTTP calls) is written into the pages that ask
for it.
"""

import inspect
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

from app.cli import app
from app.config import Settings
from app.main import create_app

ROOT = Path(__file__).parent.parent

AT_THE_TOP = {
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "license.md",
    "SECURITY.md": "security.md",
}
"""Files at the top of the repository that are pages of the site, and what they are called there."""

LANGUAGES = {".py": "python", ".js": "javascript", ".css": "css", ".toml": "toml", ".yml": "yaml", ".yaml": "yaml"}

LINK = re.compile(r"^```.*?^```|`[^`\n]*`|\]\((?P<target>[^)\s]+)\)", re.MULTILINE | re.DOTALL)
"""A link, or code, in which there is none."""


def links(text: str) -> Iterator[str]:
    """The relative links of a page, without fragments."""
    for match in LINK.finditer(text):
        target = (match["target"] or "").partition("#")[0]
        if target and ":" not in target:
            yield target


def place_of(target: str, page: str) -> str:
    """Where in the repository a link of a page leads to; both are paths in the repository."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), target))


def site_place(path: str) -> str:
    """Where a file of the repository is on the site, as a source path of MkDocs."""
    if path == "README.md":
        return "index.md"
    if path in AT_THE_TOP:
        return AT_THE_TOP[path]
    return path.removeprefix("docs/") if path.startswith("docs/") else f"source/{path}.md"


def with_links_of_the_site(text: str, page: str) -> str:
    """A page of the repository, at the path `page`, with links that are right on the site."""

    def replaced(match: re.Match[str]) -> str:
        target, hash_mark, fragment = (match["target"] or "").partition("#")
        if not target or ":" in target:
            return match[0]
        place = posixpath.relpath(site_place(place_of(target, page)), posixpath.dirname(site_place(page)) or ".")
        return f"]({place}{hash_mark}{fragment})"

    return LINK.sub(replaced, text)


def source_page(path: str) -> str:
    """A page that shows a source file, or names what is in a folder. The search does not find it."""
    head = f"---\nhide: [navigation, toc]\nsearch:\n  exclude: true\n---\n\n# `{path}`\n\n"
    file = ROOT / path
    if file.is_dir():
        names = sorted(entry.name for entry in file.iterdir() if not entry.name.startswith(("_", ".")))
        return head + "A folder:\n\n" + "\n".join(f"- `{name}`" for name in names) + "\n"
    language = LANGUAGES.get(file.suffix, "text")
    return f'{head}``````{language} linenums="1"\n{file.read_text(encoding="utf-8")}\n``````\n'


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages whose sources stand outside of docs/."""
    pages = {f"docs/{file.src_uri}": file.content_string for file in files.documentation_pages()}
    pages |= {name: (ROOT / name).read_text(encoding="utf-8") for name in AT_THE_TOP}
    for name, place in AT_THE_TOP.items():
        text = pages[name] if name.endswith(".md") else f"# Licence\n\n{pages[name].replace('(c)', '©')}"
        files.append(File.generated(config, place, content=with_links_of_the_site(text, name)))
    wanted = {place_of(target, page) for page, text in pages.items() for target in links(text)}
    for path in sorted(wanted):
        if site_place(path).startswith("source/") and (ROOT / path).exists():
            shown = File.generated(config, site_place(path), content=source_page(path))
            shown.inclusion = InclusionLevel.NOT_IN_NAV
            files.append(shown)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn the links of a page in docs/ into links of the site, and write in what the code says of itself."""
    if page.file.generated_by is None:
        markdown = with_links_of_the_site(markdown, f"docs/{page.file.src_uri}")
    for mark, made in MADE.items():
        if mark in markdown:
            markdown = markdown.replace(mark, made())
    return markdown


def commands() -> str:
    """What `rnn-adder --help` says, for every command."""
    whole = click.Context(app, info_name="rnn-adder")
    parts = [(app, whole)]
    parts += [(each, click.Context(each, parent=whole, info_name=name)) for name, each in app.commands.items()]
    lines = []
    for command, context in parts:
        if command is not app:
            lines += [f"## `{context.command_path}`", ""]
        usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
        lines += [inspect.cleandoc(command.help or ""), "", "```console", f"$ {usage}", "```", ""]
        for parameter in command.get_params(context):
            if (record := parameter.get_help_record(context)) is not None:
                lines.append(f"- `{record[0]}`: {record[1]}")
        lines.append("")
    return "\n".join(lines)


def calls() -> str:
    """Every call of the HTTP API with its description and parameters, by topic."""
    topics: dict[str, list[str]] = {}
    for path, methods in create_app(Settings(store=False)).openapi()["paths"].items():
        for method, call in methods.items():
            lines = [f"### `{method.upper()} {path}`", "", call["description"], ""]
            for parameter in call.get("parameters", []):
                if parameter["in"] != "path":
                    needed = "" if parameter.get("required") else ", may be left out"
                    said = parameter.get("description") or parameter["schema"].get("description") or ""
                    lines.append(f"- `{parameter['name']}` ({parameter['in']}{needed}) {said}".rstrip())
            topics.setdefault(call["tags"][0], []).append("\n".join([*lines, ""]))
    return "\n".join(f"## {topic.capitalize()}\n\n" + "\n".join(entries) for topic, entries in topics.items())


MADE = {"<!-- made from the code: commands -->": commands, "<!-- made from the code: calls -->": calls}
"""What stands in a page where something is to be written in, and what makes it."""
