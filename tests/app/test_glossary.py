"""The words of the lab: one plain sentence each, the same everywhere."""

import re

import httpx2
import pytest

from app.about import ARTICLE, AUTHORS, LICENCE, VERSION
from app.glossary import ENTRIES, GLOSSARY, OF_FIELDS
from app.languages import catalogue
from rnn_core.cells import CELLS
from rnn_core.config import OPTIONS
from rnn_core.network.activations import ACTIVATIONS
from rnn_core.network.losses import LOSSES
from rnn_core.network.optimizers import OPTIMIZERS
from scripts.glossary import PAGE, document
from tests.app.serving import ROOT

ENGINE = "numpy"

CHINESE = {"Accept-Language": "zh-CN"}


def test_each_term_is_one_plain_sentence() -> None:
    assert len(ENTRIES) > 50
    assert len(ENTRIES) == sum(len(section.entries) for section in GLOSSARY), "no id occurs twice"
    for entry in ENTRIES.values():
        assert entry.meaning.endswith("."), entry.id
        assert not re.search(r"[.?!] [A-Z]", entry.meaning), f"more than one sentence: {entry.id}"
        assert len(entry.meaning.split()) <= 36, entry.id
        assert entry.places, entry.id


def test_related_terms_and_documents_are_there() -> None:
    for entry in ENTRIES.values():
        assert entry.related, entry.id
        assert set(entry.related) <= ENTRIES.keys() - {entry.id}, entry.id
        assert not entry.docs or (ROOT / "docs" / entry.docs).is_file(), entry.id


def test_every_field_of_a_configuration_and_every_choice_in_it_is_a_term() -> None:
    assert OF_FIELDS.keys() == OPTIONS.keys()
    assert set(OF_FIELDS.values()) <= ENTRIES.keys()
    choices = {*CELLS, *ACTIVATIONS, *OPTIMIZERS, *LOSSES}
    assert {name.replace("_", "-") for name in choices} <= ENTRIES.keys()


def test_every_gate_of_every_cell_is_a_term() -> None:
    gates = {gate for cell in CELLS.values() for gate in cell.gates}
    assert {gate if gate == "candidate" else f"{gate}-gate" for gate in gates} <= ENTRIES.keys()


def test_the_names_of_the_script_are_those_of_the_script() -> None:
    text = (ROOT / "docs" / "learn" / "from-the-script.md").read_text(encoding="utf-8")
    names = {name for entry in ENTRIES.values() for name in re.findall(r"\w*(?:synapse|layer)\w*", entry.script)}
    assert names >= {"synapse_0", "synapse_h", "synapse_1", "layer_1", "layer_2"}
    assert {name for name in names if name not in text} == set()


def test_the_documentation_has_the_same_words() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), "run python -m scripts.glossary"


def test_the_glossary_is_served_in_the_language_that_was_asked_for(http: httpx2.Client) -> None:
    english = http.get("/api/glossary").json()["sections"]
    assert {entry["id"]: entry["meaning"] for section in english for entry in section["entries"]} == {
        entry.id: entry.meaning for entry in ENTRIES.values()
    }
    known = catalogue("zh", "server")
    chinese = http.get("/api/glossary", headers=CHINESE).json()["sections"]
    assert [section["title"] for section in chinese] == [known[section.title] for section in GLOSSARY]
    for section in chinese:
        for entry in section["entries"]:
            assert entry["meaning"] == known[ENTRIES[entry["id"]].meaning]


@pytest.mark.parametrize("path", ["/", "/?lang=zh"])
def test_the_page_waits_with_the_sentences_until_they_are_needed(http: httpx2.Client, path: str) -> None:
    page = http.get(path).text
    assert 'data-word="hidden-state"' in page
    for text in (ENTRIES["hidden-state"].meaning, catalogue("zh", "server")[ENTRIES["hidden-state"].meaning]):
        assert str(text) not in page


def test_what_is_said_about_the_lab_is_what_the_citation_says(http: httpx2.Client) -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    for line in (
        f"version: {VERSION}",
        f"license: {LICENCE}",
        f"- name: {AUTHORS}",
        f'title: "{ARTICLE.title}"',
        f"url: {ARTICLE.url}",
        f"year: {ARTICLE.year}",
    ):
        assert line in citation, line
    page = re.sub(r"<[^>]+>", "", http.get("/").text)
    abstract = re.findall(r"^abstract: (.+)$", citation, re.MULTILINE)[0]
    assert f"{AUTHORS}. rnn-adder, version {VERSION}. {abstract}" in page
    for words in (ARTICLE.title, ARTICLE.author, str(ARTICLE.year)):
        assert words in page
