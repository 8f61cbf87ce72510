"""The names that a run may have: everything that people can read."""

import sys
from unicodedata import category, normalize

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messages.incoming import CreateRun, ImportQuery, PatchRun
from app.messages.reading import Refused, validate
from app.names import MAIN_NAME, name_of, readable
from tests.app.conftest import NewRun
from tests.app.serving import check_problem, check_status

ENGINE = "numpy"

UNSEEN = {
    "zero width space": "\u200b",
    "Hangul filler": "\u3164",
    "other fillers": "\u115f\u1160\uffa0",
    "right-to-left override": "\u202e",
    "isolates": "\u2066\u2069",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "joiners": "\u200d\u200c",
    "selectors": "\ufe0f\U000e0100",
    "tags": "\U000e0041\U000e007f",
    "invisible operators": "\u2061\u2063",
    "spaces": " \u00a0\u2003\u3000",
    "blank Braille": "\u2800",
    "marks": "\u0301\u0489",
    "all together": "\u200b \u3164\u0301\u202e",
}
LEGIBLE = [
    "Main",
    " a b ",
    "加法 实验",
    "α β",
    "نامه\u200cها",
    "क्\u200dष",
    "\u2764\ufe0f\u200d\U0001f525",
    "\U0001f469\u200d\U0001f4bb",
    "葛\U000e0100",
    "\u05d0",
    "\u0627",
    "=1+1",
    "\u2803\u2800\u2803",
]


@pytest.mark.parametrize("name", UNSEEN.values(), ids=UNSEEN)
def test_a_name_in_which_nothing_can_be_seen_is_refused(http: httpx2.Client, run: str, name: str) -> None:
    before = http.get(f"/api/runs/{run}").json()
    body = {"name": name}
    branch = {**body, "from": {"run": run, "iteration": 0}}
    for answer in (
        http.post("/api/runs", json=body),
        http.post("/api/runs", json=branch),
        http.patch(f"/api/runs/{run}", json=body),
        http.post("/api/runs/import", params=body, headers={"Content-Type": "application/octet-stream"}),
    ):
        detail = check_problem(answer, 422, "name")["detail"]
        assert detail == "name must have 1 to 60 characters, one of which can be seen."
    assert http.get(f"/api/runs/{run}").json() == before


@pytest.mark.parametrize("name", LEGIBLE)
def test_a_name_that_can_be_read_stays_as_it_is(http: httpx2.Client, run: str, name: str) -> None:
    assert check_status(http.patch(f"/api/runs/{run}", json={"name": name}))["name"] == name


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("Ma\u200bin", "Main"),
        ("\u202eniaM", "niaM"),
        ("A\u030a", "\u00c5"),
        ("a\u200db", "ab"),
        ("\ufe0fa\ufe0f\ufe0f", "a\ufe0f"),
        ("ab\u3164", "ab"),
    ],
)
def test_what_can_not_be_seen_in_a_name_is_left_out(
    new_run: NewRun, http: httpx2.Client, given_: str, kept: str
) -> None:
    run = new_run()
    assert check_status(http.patch(f"/api/runs/{run}", json={"name": given_}))["name"] == kept


def test_a_name_is_as_long_as_what_is_left_of_it() -> None:
    long = "a\u0301\u200b" * 60
    assert validate(CreateRun, {"name": long}).name == "\u00e1" * 60
    expanded = "\u0958" * 31  # of which each becomes two
    for model in (CreateRun, PatchRun, ImportQuery):
        with pytest.raises(Refused, match="and this one has 62"):
            validate(model, {"name": expanded})


@given(st.text())
def test_a_readable_name_is_settled(name: str) -> None:
    found = readable(name)
    assert readable(found) == found == normalize("NFC", found)
    assert not found or any(category(character)[0] in "LNPSC" for character in found)


def test_no_sign_that_shows_nothing_is_a_name() -> None:
    """Of all that Unicode has, only formats, marks, spaces and the fillers are refused."""
    refused = [chr(code) for code in range(sys.maxunicode + 1) if not readable(chr(code))]
    kinds = {category(character) for character in refused}
    assert kinds <= {"Cc", "Cf", "Cs", "Cn", "Lo", "So", "Mn", "Mc", "Me", "Zs", "Zl", "Zp"}
    assert [character for character in refused if category(character) == "Lo"] == list("\u115f\u1160\u3164\uffa0")
    assert [character for character in refused if category(character) == "So"] == ["\u2800"]


def test_a_run_of_old_whose_name_can_not_be_seen_goes_by_its_id() -> None:
    assert name_of("run-7", "\u3164") == "run-7"
    assert name_of("run-7", "Sev\u200ben") == "Seven"
    assert name_of("main", "Main") is MAIN_NAME
    assert name_of("run-7", "Main") == "Main"
