"""The files under deploy/ do what docs/deploy.md says of them. Where a machine lacks a program, its test is skipped."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets
import yaml
from websockets.typing import Origin

import rnn_core
from app.config import Settings
from tests.app.serving import ROOT
from tests.ports import own_port
from tests.server import run_server

DEPLOY = ROOT / "deploy"
NAME = "lab.example.org"
SETTINGS = {f"RNN_ADDER_{name.upper()}" for name in Settings.model_fields}


def program(name: str) -> str:
    """The path of a program. Debian has some where only root looks."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip(f"no {name} here")
    return found


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """A proxy, from when it listens until the block ends."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=60).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        assert process.poll() is None, process.stdout and process.stdout.read()
        yield
    finally:
        process.terminate()
        process.communicate(timeout=60)


def get(port: int, path: str) -> tuple[int, str]:
    """The status and the text of an answer to somebody who asks the proxy for the lab by its name."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": f"{NAME}:{port}"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.status, response.read().decode()


async def greeting(port: int) -> Any:
    """The first message that a page behind the proxy gets."""
    uri, origin = f"ws://{NAME}:{port}/lab/api/runs/main/stream", Origin(f"http://{NAME}:{port}")
    async with websockets.connect(uri, origin=origin, host="127.0.0.1", port=port, proxy=None) as stream:
        return await stream.recv()


def check_lab(port: int) -> None:
    assert get(port, "/lab/healthz") == (200, '{"status":"ok"}')
    assert "<title>" in get(port, "/lab/")[1]
    assert "<title>" in get(port, "/lab")[1], "which leads to /lab/"
    assert '"type":"status"' in asyncio.run(greeting(port)).replace(" ", "")


def test_the_lab_is_behind_nginx(tmp_path: Path) -> None:
    nginx, port = program("nginx"), own_port()
    with run_server(RNN_ADDER_ALLOWED_HOSTS=f'["{NAME}:{port}"]', RNN_ADDER_ENGINE="numpy") as server:
        recipe = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        recipe = recipe.replace("listen 80;", f"listen 127.0.0.1:{port};").replace(":8000/", f":{server.port}/")
        places = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi")
        )
        whole = (
            f"daemon off; pid {tmp_path}/pid; error_log stderr; events {{}} "
            f"http {{ access_log off; {places} {recipe} }}"
        )
        (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
        command = [nginx, "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
        assert subprocess.run([*command, "-t"], check=False, capture_output=True).returncode == 0
        with running(command, port):
            check_lab(port)


def test_the_lab_is_behind_caddy(tmp_path: Path) -> None:
    caddy, port = program("caddy"), own_port()
    with run_server(RNN_ADDER_ALLOWED_HOSTS=f'["{NAME}:{port}"]', RNN_ADDER_ENGINE="numpy") as server:
        recipe = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
        recipe = recipe.replace(f"{NAME} {{", f"http://{NAME}:{port} {{").replace(":8000 ", f":{server.port} ")
        (tmp_path / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{recipe}", encoding="utf-8")
        command = [caddy, "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
        with running(command, port):
            check_lab(port)


def test_the_caddyfile_is_valid_as_it_stands() -> None:
    command = [program("caddy"), "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_systemd_understands_the_unit_and_finds_it_closed(tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    unit = (DEPLOY / "rnn-adder.service").read_text(encoding="utf-8")
    file = tmp_path / "rnn-adder.service"
    file.write_text(unit.replace("/opt/rnn-adder/bin/rnn-adder", "/bin/true"), encoding="utf-8")
    done = subprocess.run([analyze, "verify", str(file)], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    closed = [analyze, "security", "--offline=true", "--threshold=20", str(file)]  # of 100, the fewer the better
    assert subprocess.run(closed, check=False, capture_output=True).returncode == 0


def test_compose_builds_the_containerfile_and_keeps_what_it_writes() -> None:
    lab = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["lab"]
    assert (DEPLOY / lab["build"]["context"] / lab["build"]["dockerfile"]).resolve() == DEPLOY / "Containerfile"
    container = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    kept = {volume.partition(":")[2] for volume in lab["volumes"]}
    assert kept == set(re.findall(r'"(/var[^"]+)"', re.findall(r"^VOLUME (.*)$", container, re.MULTILINE)[0]))
    assert lab["read_only"]
    database = yaml.safe_load((DEPLOY / "compose.postgres.yaml").read_text(encoding="utf-8"))["services"]
    assert set(database["lab"]["depends_on"]) == {"database"}


def test_the_container_sets_only_what_there_is_to_set() -> None:
    container = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    names = set(re.findall(r"^\s*(?:ENV )?(RNN_ADDER_\w+)=", container, re.MULTILINE))
    assert names >= {"RNN_ADDER_HOST", "RNN_ADDER_DATA_DIR"}
    assert names <= SETTINGS
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", container, re.MULTILINE), "by number, so that Kubernetes believes it"


def test_a_citation_names_the_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {name: citation[name] for name in ("title", "version", "license")} == {
        "title": project["name"],
        "version": rnn_core.__version__,
        "license": project["license"],
    }


# Prometheus


@pytest.fixture(scope="module")
def metrics() -> set[str]:
    """The names of all metrics that a server has."""
    with run_server(engine="numpy") as server, urllib.request.urlopen(f"{server.url}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    return set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))


def test_every_metric_stands_in_the_documentation(metrics: set[str]) -> None:
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    ours = {name for name in metrics if name.startswith("rnn_adder_")}
    assert len(ours) > 15
    assert set(re.findall(r"`(rnn_adder_\w+)`", text)) == ours


def test_the_alerts_are_about_metrics_that_there_are_and_documented(metrics: set[str]) -> None:
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    for rule in group["rules"]:
        named = {name.removesuffix("_bucket") for name in re.findall(r"rnn_adder_\w+", rule["expr"])}
        assert named <= metrics, rule
        assert named or "up{" in rule["expr"]
        assert f"`{rule['alert']}`" in text
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))
    (scraped,) = config["scrape_configs"]
    assert (config["rule_files"], scraped["job_name"]) == (["alerts.yml"], "rnn-adder")
    assert scraped["static_configs"] == [{"targets": [f"127.0.0.1:{Settings(store=False).port}"]}]


def test_prometheus_reads_its_files() -> None:
    subprocess.run([program("promtool"), "check", "config", DEPLOY / "prometheus.yml"], check=True)
