"""The sweeps of a lab on the command line: those in its data directory, or those of a server that runs."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from rnn_core import ConfigError, EngineError

from .terminal import INTERRUPTED, REFUSED, fail, in_columns, note, progress_bar

if TYPE_CHECKING:
    from .services.sweep import Sweep
    from .storage.store import Store

Status = Mapping[str, Any]
"""Where a sweep stands, as `GET /api/sweeps/{id}` says it."""

LOOK_SECONDS = 0.5
"""Seconds between two questions to a server."""

ANSWER_SECONDS = 30.0
"""Seconds to wait for an answer of a server."""


def list_jobs(server: str | None, as_json: bool) -> None:
    """Print all sweeps."""
    found = _asked(server, "GET", "") if server else _in_folder()
    if as_json:
        print(json.dumps(found), flush=True)
        return
    if not found:
        note("there are no sweeps.")
        return
    rows = [
        [sweep["id"], sweep["name"], sweep["state"], ", ".join(sweep["vary"]), f"{sweep['done']}/{sweep['members']}"]
        for sweep in found
    ]
    print(in_columns(["id", "name", "state", "varies", "runs"], rows, 4))


def resume(server: str | None, sweep_id: str, as_json: bool, quiet: bool) -> None:
    """Go on with a sweep until it is finished, and print what it found."""
    status = _follow(server, sweep_id, quiet) if server else _train(sweep_id, quiet)
    if as_json:
        print(json.dumps(status), flush=True)
    else:
        _print_cells(status)
    if status["state"] != "finished":
        if status["detail"]:
            note(status["detail"])
        words = f"{status['state']} with {status['done']} of {status['members']} runs done"
        fail(f"{words}. The same command goes on from there.", INTERRUPTED if status["state"] == "paused" else 1)


def _print_cells(status: Status) -> None:
    """Print one line for each combination to standard output."""
    head = [*status["vary"], "runs", "learned", "reached 99%", "lower quartile", "median", "upper quartile", "diverged"]
    rows = []
    for cell in status["cells"]:
        quartiles = [f"{number:,.0f}" for number in cell["reached"]] if cell["reached"] else ["–"] * 3
        counts = [
            f"{cell['done']}/{cell['members']}",
            cell["learned"],
            cell["reached_by"],
            *quartiles,
            cell["diverged"],
        ]
        values = [str(value).lower() if isinstance(value, bool) else str(value) for value in cell["values"].values()]
        rows.append([*values, *map(str, counts)])
    print(in_columns(head, rows, len(status["vary"])))
    if any(cell["sampled"] for cell in status["cells"]):
        print("\nThere are too many problems to try every one: learned and 99% are of a sample, and of hard ones.")


# A server


def _asked(server: str, method: str, path: str) -> Any:
    """The answer of a server. If there is none, or a refusal, the program ends."""
    url = f"{server.rstrip('/')}/api/sweeps{path}"
    body = b"{}" if method == "POST" else None
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    try:
        with urlopen(Request(url, body, headers, method=method), timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)
    except HTTPError as error:
        try:
            words = json.load(error)["detail"]
        except (ValueError, LookupError, TypeError):
            words = f"it answers {error.code}."
        fail(f"{server}: {words}", 1)
    except (URLError, OSError, HTTPException) as error:
        fail(f"can't reach {server}: {getattr(error, 'reason', error)}.", 1)
    except ValueError:
        fail(f"{server} is no address of a lab, such as http://127.0.0.1:8000.", 2)


def _follow(server: str, sweep_id: str, quiet: bool) -> Status:
    """Start a sweep of a server, and wait for its end. Ctrl-C only stops the waiting."""
    place = f"/{quote(sweep_id, safe='')}"
    status: Status = _asked(server, "POST", f"{place}/start")
    try:
        with progress_bar(status["members"], shown=not quiet) as bar:
            while True:
                bar.label = f"{status['done']}/{status['members']} runs"
                bar.update(status["done"] - bar.pos)
                if status["state"] != "running":
                    return status
                time.sleep(LOOK_SECONDS)
                status = _asked(server, "GET", place)
    except KeyboardInterrupt:
        fail("the server goes on with it.", INTERRUPTED)


# A data directory


@contextmanager
def _store() -> "Iterator[Store]":
    """The database that the settings name. If it can't be used, the program ends."""
    from pydantic import ValidationError  # noqa: PLC0415 (training needs no server)

    from .config import Settings, in_words  # noqa: PLC0415
    from .storage.database import Newer  # noqa: PLC0415
    from .storage.locks import Occupied, Unusable  # noqa: PLC0415
    from .storage.opening import opened  # noqa: PLC0415

    try:
        settings = Settings()
    except ValidationError as error:
        fail(in_words(error), 2)
    try:
        with opened(settings) as (store, notice):
            if notice is not None:
                note(notice)
            if store is None:
                fail("RNN_ADDER_STORE is false, so there are no stored sweeps.", 1)
            yield store
    except Occupied as error:
        fail(f"{error}. Name it: --server http://127.0.0.1:{settings.port}", REFUSED)
    except (Newer, Unusable) as error:
        fail(f"{error}.", 1)


def _in_folder() -> list[Status]:
    """All sweeps in the data directory."""
    with _store() as store:
        return [_opened(store, kept.id).status().model_dump() for kept in store.sweeps.all()]


def _opened(store: "Store", sweep_id: str) -> "Sweep":
    """A stored sweep with its results. If there is none, the program ends."""
    from .services.sweep import Sweep, found_of  # noqa: PLC0415
    from .sweep_plan import Plan  # noqa: PLC0415

    kept = next((each for each in store.sweeps.all() if each.id == sweep_id), None)
    if kept is None:
        fail(f"there is no sweep {sweep_id} here; --jobs lists them.", 1)
    try:
        state = "paused" if kept.state == "running" else kept.state  # its server has ended
        sweep = Sweep(kept.id, kept.number, kept.name, Plan(**kept.plan), state, kept.detail)  # type: ignore[arg-type]
        results = store.sweeps.results(sweep_id).items()
        sweep.take({member: found_of(sweep.plan.configs[member], data) for member, data in results})
    except (ConfigError, LookupError, TypeError, ValueError) as error:
        fail(f"the sweep {sweep_id} can't be read: {error}.", 1)
    return sweep


def _train(sweep_id: str, quiet: bool) -> Status:
    """Train what is left of a sweep in the data directory, and store each result as it comes."""
    from .services.sweep import found_of  # noqa: PLC0415
    from .sweep_child import train  # noqa: PLC0415

    with _store() as store:
        sweep = _opened(store, sweep_id)
        left, plan = sweep.left, sweep.plan
        with progress_bar(sum(plan.configs[member].max_iterations for member in left), shown=not quiet) as bar:

            def tell(done: int, ended: dict[int, dict[str, Any]]) -> None:
                found = {left[place]: data for place, data in ended.items()}
                if found:
                    store.sweeps.add(sweep_id, found)
                    sweep.take({member: found_of(plan.configs[member], data) for member, data in found.items()})
                bar.label = f"{len(sweep.found)}/{len(plan.configs)} runs"
                bar.update(done)

            try:
                train([plan.configs[member] for member in left], plan.every, plan.engine, None, tell)
                sweep.put("finished")
            except KeyboardInterrupt:
                sweep.put("paused")
            except EngineError as error:
                fail(f"{error}.", 1)
        store.sweeps.save(sweep.kept())
        status: Status = sweep.status().model_dump()
        return status
