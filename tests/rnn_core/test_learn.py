"""The pages for learners are true: their code runs and prints what they show, and the lines they quote exist."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEARN = ROOT / "docs" / "learn"
PAGES = sorted(page.name for page in LEARN.glob("*.md"))


def text(page: str) -> str:
    return (LEARN / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text(page), re.MULTILINE | re.DOTALL)


def plain(code: str) -> str:
    """The text without indentation."""
    return "\n".join(line.strip() for line in code.strip().splitlines())


@pytest.mark.parametrize("page", [page for page in PAGES if page != "README.md"])
def test_the_code_of_a_page_prints_what_it_says(page: str) -> None:
    code = "\n".join(blocks(page, "pycon"))
    example = doctest.DocTestParser().get_doctest(code, {}, page, str(LEARN / page), 0)
    assert len(example.examples) > 3
    said: list[str] = []
    results = doctest.DocTestRunner().run(example, out=said.append)
    assert results.failed == 0, "".join(said)


@pytest.mark.parametrize(("page", "file"), [("kernel.md", "rnn_core/kernels/machine/products.py")])
def test_code_that_is_quoted_stands_in_the_file(page: str, file: str) -> None:
    source = plain((ROOT / file).read_text(encoding="utf-8"))
    quoted = blocks(page, "python")
    assert quoted
    assert [block for block in quoted if plain(block) not in source] == []


def test_each_line_beside_the_scripts_stands_in_its_file() -> None:
    files: dict[str, str] = {}
    source = ""
    checked = 0
    for line in text("from-the-script.md").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) != 3:
            continue
        if link := re.search(r"\]\((.*?)\)", cells[1]):
            source = files.setdefault(link[1], (LEARN / link[1]).read_text(encoding="utf-8"))
        elif code := re.fullmatch(r"`(.*)`", cells[1]):
            assert code[1] in source, line
            checked += 1
    assert checked >= 12
    assert {Path(file).name for file in files} == {"elman.py", "losses.py", "numpy_engine.py"}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", text(page)) if "://" not in link]
    assert links
    assert [link for link in links if not (LEARN / link).exists()] == []
