"""Reads the documents of the API with Redocly and Spectral, has openapi-python-client make a client, and calls a server
by that. It is no part of the suite: what it fetches takes 120 MB, from npm and from the package index.

Everything is put into build/api, in the versions that stand here. npm runs no scripts of packages.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.config import Settings  # noqa: E402
from app.main import create_app  # noqa: E402
from app.socket_document import socket_document  # noqa: E402
from tests.app.serving import run_server  # noqa: E402

FOLDER = ROOT / "build" / "api"
FROM_NPM = ("@redocly/cli@2.77.0", "@stoplight/spectral-cli@6.16.3")
GENERATOR = "openapi-python-client==0.29.1"

RULES = """\
extends: ["spectral:oas", "spectral:asyncapi"]
rules:
  asyncapi-latest-version: off  # 3.0 is what more programs can read
  asyncapi-info-contact-properties: off  # there is no address to give
"""

CALLS = """\
import sys
from io import BytesIO
from rnn_adder_client import Client
from rnn_adder_client.api.predict import predict_by_query
from rnn_adder_client.api.runs import create_run, get_checkpoint, get_run, import_checkpoint, step_run
from rnn_adder_client.models import CreateRun, ProblemDocument, StepRun
from rnn_adder_client.types import File

with Client(base_url=sys.argv[1], raise_on_unexpected_status=True) as client:
    assert predict_by_query.sync(client=client, a=9, b=60).expected == 69
    made = create_run.sync(client=client, body=CreateRun(name="of a client"))
    assert step_run.sync(made.id, client=client, body=StepRun(iterations=10)).iteration == 10
    file = get_checkpoint.sync(made.id, client=client)
    taken = import_checkpoint.sync(client=client, body=File(payload=BytesIO(file.payload.read())), name="taken in")
    assert (taken.iteration, taken.name) == (10, "taken in")
    refused = get_run.sync("nobody", client=client)
    assert isinstance(refused, ProblemDocument) and refused.status == 404
"""


def run(*command: str | Path) -> None:
    """Run a command in `FOLDER`, and end if it fails."""
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    if status := subprocess.run(command, cwd=FOLDER, env={**os.environ, **quiet}, check=False).returncode:
        sys.exit(status)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, document in {
        "openapi": create_app(Settings(store=False, engine="numpy")).openapi(),
        "asyncapi": socket_document(),
    }.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    (FOLDER / "rules.yaml").write_text(RULES, encoding="utf-8")
    (FOLDER / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    (FOLDER / "calls.py").write_text(CALLS, encoding="utf-8")

    tools, python = FOLDER / "node_modules" / ".bin", FOLDER / "python" / "bin" / "python"
    run("npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", *FROM_NPM)
    run(tools / "redocly", "lint", "openapi.json", "--extends", "recommended")
    run(
        tools / "spectral",
        "lint",
        "openapi.json",
        "asyncapi.json",
        "--ruleset",
        "rules.yaml",
        "--fail-severity",
        "warn",
    )

    if not python.exists():
        run(sys.executable, "-m", "venv", "python")
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", GENERATOR)
    client = ("--path", "openapi.json", "--output-path", "client", "--meta", "none", "--overwrite")
    run(python, "-m", "openapi_python_client", "generate", *client)
    (FOLDER / "rnn_adder_client").unlink(missing_ok=True)
    (FOLDER / "rnn_adder_client").symlink_to("client")
    with run_server(engine="numpy") as server:
        run(python, "calls.py", server.url)
    print("Redocly and Spectral find nothing, and the client that was made can call the server.")


if __name__ == "__main__":
    main()
