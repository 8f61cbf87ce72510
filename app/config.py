"""Settings of the server, from the command line, else the environment, else these defaults."""

import json
import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from platformdirs import user_data_path
from pydantic import BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, ValidationError

from rnn_core.config import shown

PREFIX = "RNN_ADDER_"


def _listed(value: Any) -> Any:
    """A list as people write it: names with commas between, or a JSON array.

    Raises:
        ValueError: it begins like a JSON array, and is not one of texts.
    """
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [part for each in value.split(",") if (part := each.strip())]
    try:
        listed = json.loads(value)
    except json.JSONDecodeError:
        listed = []
    if not (listed and all(isinstance(each, str) for each in listed)) and "".join(value.split()) != "[]":
        raise ValueError(
            'it must be names with commas between, as in a.example,b.example, or a JSON array, as in ["a.example"]'
        )
    return listed


Listed: TypeAlias = Annotated[list[str], BeforeValidator(_listed)]
"""Several values, in the environment with commas between them."""


class Settings(BaseModel):
    """Each can be set by an environment variable: the name in capitals behind RNN_ADDER_, as in RNN_ADDER_PORT."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, **given: Any) -> None:
        """Take what is given, else what the environment says, else the defaults.

        Raises:
            ValidationError: a value is not allowed, or a given name is no setting.
        """
        super().__init__(**{**in_environment(), **given})

    host: str = Field("127.0.0.1", description="The address to listen on; 0.0.0.0 lets other machines in.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    root_path: str = Field(
        "",
        description="The prefix of the browser's address, such as /lab, if a proxy leaves it there.",
    )
    allowed_hosts: Listed = Field(
        [], description="Further names this server goes by, such as lab.example.org,*.app.github.dev."
    )
    trusted_proxies: Listed = Field(
        [],
        description="Addresses or networks of proxies that are believed, such as 10.0.0.5,172.16.0.0/12, or *.",
    )
    frame_ancestors: Listed = Field(
        [], description="Origins whose pages may embed this one, such as https://blog.example, or * for all."
    )
    cors_origins: Listed = Field(
        [], description="Origins whose scripts may read and predict, such as https://blog.example, or * for all."
    )
    store: bool = Field(True, description="False stores nothing: runs are gone when the server ends.")
    data_dir: Path = Field(
        default_factory=lambda: user_data_path("rnn-adder", appauthor=False),
        description="The folder that runs are stored in; the default is where the system keeps a user's data.",
    )
    database_url: str | None = Field(
        None, description="Another database in the place of the file in data_dir, as SQLAlchemy writes it."
    )
    store_budget: ByteSize = Field(
        ByteSize(4 * 2**30),
        ge=2**20,
        description="What stored runs may take on the disk, in bytes or as in 500MB; deleted ones make room first.",
    )
    engine: str | None = Field(None, description="The engine that trains; the default is the fastest there is.")
    access: Literal["presenter", "open"] | None = Field(
        None,
        description="presenter: only who has the token commands the shared runs; open: everybody does. The default is "
        "open if the server listens on this machine only, else presenter.",
    )
    max_viewers: int = Field(200, ge=1, description="How many browsers may watch at once, over all runs.")
    send_deadline: float = Field(
        10.0, gt=0, allow_inf_nan=False, description="Seconds that a viewer may take nothing before it is dropped."
    )
    receive_deadline: float = Field(
        10.0, gt=0, allow_inf_nan=False, description="Seconds that a client may take to send the rest of a request."
    )
    dev: bool = Field(False, description="Serve the page's modules as they stand in app/static, not the built page.")
    log_level: Literal["critical", "error", "warning", "info", "debug"] = Field(
        "warning", description="How much is written to standard error."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="The form of the log's lines: for people, or JSON for programs."
    )


def in_environment() -> dict[str, str]:
    """The settings that environment variables give, as text."""
    found = {variable.upper(): text for variable, text in os.environ.items()}
    return {name: found[key] for name in Settings.model_fields if (key := f"{PREFIX}{name.upper()}") in found}


ALLOWED = {
    "bool_parsing": "it must be true or false",
    "byte_size": "it must be a number of bytes, or one with a unit, as in 500MB",
    "byte_size_unit": "it must be a number of bytes, or one with a unit, as in 500MB",
    "float_parsing": "it must be a number",
    "int_parsing": "it must be a whole number",
}
"""What a setting may be, for each kind of error that Pydantic tells in the words of a programmer."""


def in_words(error: ValidationError) -> str:
    """What is wrong with settings, and what is allowed, as a sentence for people."""
    problems = []
    for problem in error.errors():
        told = str(problem.get("ctx", {}).get("error", problem["msg"]))
        rule = ALLOWED.get(problem["type"]) or told.replace("Input should", "it must", 1)
        problems.append(f"{PREFIX}{str(problem['loc'][0]).upper()} is {shown(problem['input'])}: {rule}")
    return f"{'; '.join(problems)}."


OTHERS = ("RNN_ADDER_ALL_SIZES", "RNN_ADDER_LIFETIMES", "RNN_ADDER_LOOKS")
"""Variables that only the tests read."""


def misspelt(environment: Iterable[str]) -> list[str]:
    """A sentence on each variable that looks like a setting and is none, with the nearest setting there is."""
    known = [name.upper() for name in Settings.model_fields]
    sentences = []
    for variable in sorted(environment):
        prefix, name = variable.upper()[: len(PREFIX)], variable.upper()[len(PREFIX) :]
        if prefix == PREFIX and name not in known and variable not in OTHERS:
            near = get_close_matches(name, known, n=1)
            meant = f"did you mean {PREFIX}{near[0]}?" if near else "the README lists all settings."
            sentences.append(f"{variable} is no setting and is ignored: {meant}")
    return sentences
