"""Settings of the server, from the command line, else the environment, else these defaults."""

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import ByteSize, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Each can be set by an environment variable: the name in capitals behind RNN_ADDER_, as in RNN_ADDER_PORT."""

    model_config = SettingsConfigDict(env_prefix="RNN_ADDER_", frozen=True)

    host: str = Field("127.0.0.1", description="The address to listen on; 0.0.0.0 lets other machines in.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    allowed_hosts: list[str] = Field(
        [],
        description="Further names this server may be called by, with or without a port, as a JSON array; for a proxy.",
    )
    frame_ancestors: list[str] = Field(
        [],
        description='Origins whose pages may embed this one, such as ["https://blog.example"], or ["*"] for all.',
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
