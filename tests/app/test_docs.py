"""Everything that people can set or call is documented."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import rnn_core
from app.cli import app as command_line
from app.config import Settings
from app.main import create_app
from rnn_core import TrainingConfig
from tests.app.serving import ROOT

TOP = [
    ROOT / f"{name}.md"
    for name in ("README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CODE_OF_CONDUCT", "CHANGELOG")
]
PAGES = [*TOP, *sorted((ROOT / "docs").rglob("*.md"))]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def links(page: Path) -> list[tuple[str, str]]:
    """The targets of a page's links to files of the project, each with its fragment."""
    words = re.sub(r"^```.*?^```|`[^`\n]*`", "code", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", words)
    return [(target, fragment) for target, fragment in found if ":" not in target]


def fragments(page: Path) -> set[str]:
    """The fragments that name a page's headings, as forges and the site make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    lost = [
        f"{target}#{fragment}"
        for target, fragment in links(page)
        if not (file := page.parent / target if target else page).exists()
        or (fragment and fragment not in fragments(file))
    ]
    assert lost == []


def written() -> str:
    files = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_every_setting_is_documented() -> None:
    text = written()
    names = [f"RNN_ADDER_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in names if name not in text] == []


def test_every_setting_stands_in_the_reference() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"| `RNN_ADDER_{name.upper()}` |" not in text] == []


def test_every_field_of_the_configuration_stands_in_the_reference() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [field.name for field in fields(TrainingConfig) if f"| `{field.name}` |" not in text] == []


def test_everything_public_in_rnn_core_stands_in_the_reference() -> None:
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    public = {name for name in rnn_core.__all__ if not name.startswith("__")}
    assert set(re.findall(r"^::: rnn_core\.(\w+)$", text, re.MULTILINE)) == public


def test_every_command_is_documented() -> None:
    text = written()
    names = [
        command.name or (command.callback and command.callback.__name__) for command in command_line.registered_commands
    ]
    assert "serve" in names, "which is also what rnn-adder does without a command"
    assert [name for name in names if name != "serve" and f"rnn-adder {name}" not in text] == []


def test_every_call_of_the_api_has_a_description() -> None:
    schema = create_app(Settings()).openapi()
    operations = [call for path in schema["paths"].values() for call in path.values()]
    assert len(operations) >= 12
    assert all(operation.get("description") for operation in operations)
