"""Everything that people can set or call is documented."""

import re
from pathlib import Path

import pytest

from app.cli import app as command_line
from app.config import Settings
from app.main import create_app
from tests.app.serving import ROOT

PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]


@pytest.mark.parametrize("page", [*PAGES, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    words = re.sub(r"^```.*?^```|`[^`\n]*`", "code", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", words) if ":" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def written() -> str:
    files = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_every_setting_is_documented() -> None:
    text = written()
    names = [f"RNN_ADDER_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in names if name not in text] == []


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
