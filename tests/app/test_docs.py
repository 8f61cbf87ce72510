"""Everything that people can set or call is documented."""

import json
import os
import re
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import validate

import rnn_core
from app.cli import app as command_line
from app.config import Settings
from app.examples import EXAMPLES
from app.main import create_app
from app.messages.incoming import COMMANDS
from app.routes import stream, sweeps
from app.socket_document import CLOSE_CODES, FRAME, socket_document
from rnn_core import TrainingConfig
from tests.app.conftest import NewRun
from tests.app.serving import ROOT
from tests.app.wire import parse_frame

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
    names = list(command_line.commands)
    assert "serve" in names, "which is also what rnn-adder does without a command"
    assert [name for name in names if name != "serve" and f"rnn-adder {name}" not in text] == []


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(Settings(store=False, engine="numpy")).openapi()


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every operation, by method and path."""
    found = {f"{method} {path}": call for path, calls in document["paths"].items() for method, call in calls.items()}
    assert len(found) >= 28
    return found


def test_the_document_of_the_api_is_valid(document: dict[str, Any]) -> None:
    validate(document)
    assert document["info"]["description"]
    assert document["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert document["info"]["contact"]
    assert document["servers"] == [{"url": ".", "description": "the server that this document comes from"}]
    assert document["security"] == [{}, {"presenter": []}]


def test_every_call_of_the_api_is_described(operations: dict[str, dict[str, Any]], document: dict[str, Any]) -> None:
    assert [name for name, call in operations.items() if not (call.get("description") and call.get("summary"))] == []
    names = [call["operationId"] for call in operations.values()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+){0,3}", name)] == []
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert all(tags.values())
    assert {tag for call in operations.values() for tag in call["tags"]} == set(tags)


def test_every_call_documents_its_errors_as_problems(operations: dict[str, dict[str, Any]]) -> None:
    problem = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
    for name, call in operations.items():
        errors = {status: answer for status, answer in call["responses"].items() if not status.startswith("2")}
        assert {"4XX", "503"} <= errors.keys(), name
        assert all(answer["content"] == {"application/problem+json": problem} for answer in errors.values()), name


def test_bytes_have_a_schema_and_a_media_type(operations: dict[str, dict[str, Any]]) -> None:
    bytes_in = [call["requestBody"]["content"] for call in operations.values() if "requestBody" in call]
    bytes_out = {name: call["responses"].get("200", {}).get("content", {}) for name, call in operations.items()}
    file = {"schema": {"type": "string", "format": "binary"}}
    assert [content for content in bytes_in if "application/octet-stream" in content] == [
        {"application/octet-stream": file}
    ]
    kinds = {name: list(content) for name, content in bytes_out.items() if "application/octet-stream" in content}
    assert all(bytes_out[name]["application/octet-stream"] == file for name in kinds)
    assert {name.rpartition("/")[2]: found for name, found in kinds.items()} == {
        "{iteration}": ["application/octet-stream", "application/json"],  # the first is what comes unasked
        "errors": ["application/json", "application/octet-stream"],
        "checkpoint": ["application/octet-stream"],
        "events": ["application/octet-stream"],
        "map": ["application/octet-stream"],
        "trace": ["application/octet-stream"],
        "certificate": ["application/octet-stream"],
    }


def test_everything_that_is_sent_has_an_example(document: dict[str, Any], operations: dict[str, Any]) -> None:
    for name, call in operations.items():
        for parameter in call.get("parameters", ()):
            assert parameter["description"], (name, parameter)
            assert "example" in parameter or parameter["schema"]["examples"], (name, parameter)
            for example in [parameter.get("example"), *parameter["schema"].get("examples", ())]:
                assert example is None or not list(Draft202012Validator(parameter["schema"]).iter_errors(example))
    schemas = document["components"]["schemas"]
    answers = json.dumps([call["responses"] for call in operations.values()])
    sent = set(re.findall(r"#/components/schemas/(\w+)", answers))
    assert sent - EXAMPLES.keys() == set()
    for name, schema in schemas.items():
        assert schema.get("examples", []) == ([EXAMPLES[name]] if name in EXAMPLES else [])


def test_examples_are_what_the_schemas_allow(document: dict[str, Any]) -> None:
    for name, example in EXAMPLES.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        if name in document["components"]["schemas"]:
            assert [error.message for error in Draft202012Validator(schema).iter_errors(example)] == [], name
            known = document["components"]["schemas"][name]["properties"]
            assert set(example) <= set(known), name


def test_an_array_with_places_says_what_its_items_are(document: dict[str, Any]) -> None:
    assert with_places({"a": [{"prefixItems": []}]}), "the search finds them"
    found = with_places(document)
    assert found
    assert all("items" in array for array in found)


def with_places(part: Any) -> list[dict[str, Any]]:
    if isinstance(part, list):
        return [array for member in part for array in with_places(member)]
    if isinstance(part, dict):
        return ([part] if "prefixItems" in part else []) + with_places(list(part.values()))
    return []


def test_the_document_of_the_socket_is_valid() -> None:
    schemas = ROOT / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0-without-$id.json"
    if not schemas.is_file() and os.environ.get("CI") != "true":
        pytest.skip("npm has not installed @asyncapi/specs")
    rules = Draft7Validator(json.loads(schemas.read_text(encoding="utf-8")))
    document = socket_document()
    assert [error.message for error in rules.iter_errors(document)] == []
    wrong = {**document, "operations": {"x": {"action": "shout"}}}
    assert not rules.is_valid(wrong), "the schema is one that refuses"


def test_the_document_of_the_socket_has_every_message() -> None:
    document = socket_document()
    actions: dict[str, set[str]] = {"send": set(), "receive": set()}
    for operation in document["operations"].values():
        (message,) = operation["messages"]
        actions[operation["action"]].add(message["$ref"].rpartition("/")[2])
    assert actions == {
        "send": {"status", "milestones", "presenter", "problem", "frame", "sweep"},
        "receive": set(COMMANDS),
    }
    for channel, module in (("run", stream), ("sweep", sweeps)):
        routes = {getattr(route, "path", None) for route in module.router.routes}
        assert document["channels"][channel]["address"] in routes
    told = {code.code for code in CLOSE_CODES}
    assert set(stream.CODES.values()) <= told
    for name, message in document["components"]["messages"].items():
        if name == "frame":
            assert message["contentType"] == "application/octet-stream"
            continue
        (example,) = (one["payload"] for one in message["examples"])
        schema = {**message["payload"], "components": document["components"]}
        assert [error.message for error in Draft7Validator(schema).iter_errors(example)] == []
        if name in COMMANDS:
            assert stream.parse_command(json.dumps(example)).type == name


def test_a_frame_is_documented_by_the_names_that_it_has(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(cell="lstm")
    http.post(f"/api/runs/{run}/step").raise_for_status()
    frame = parse_frame(http.get(f"/api/runs/{run}/iterations/1").content)
    kinds = {re.sub(r"^(weights|updates|trace\.gates)\..*", r"\1.*", name) for name in frame.tensors}
    words = set(re.findall(r"[a-z_]+(?:\.[a-z_]+|\.\*)*", FRAME))
    assert kinds - words == set()
    operands = {"a", "b", "expected", "predicted"}
    assert set(frame.metadata) - operands - words == set()


def test_the_socket_can_be_read_about_beside_the_rest(http: httpx2.Client) -> None:
    assert http.get("/asyncapi.json").json() == socket_document()
    page = http.get("/docs/socket")
    assert page.status_code == 200
    for message in (*COMMANDS, "status", "problem", "frame"):
        assert f'<section id="{message}">' in page.text
    assert "unlimited" in page.text
    for base, text in (("/docs", http.get("/docs").text), ("/docs/socket", page.text)):
        places = re.findall(r'(?:href|src)="([^"]+)"', text)
        assert len(places) > 5
        for place in places:
            if place.startswith("data:"):
                continue
            assert http.get(urljoin(base, place)).status_code == 200, place
