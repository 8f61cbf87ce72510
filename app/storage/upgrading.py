"""Upgrading a database by the migrations."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from . import schema

MIGRATIONS = Path(__file__).parent / "migrations"


def known() -> set[str]:
    """The versions that have migrations."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def upgrade(engine: Engine) -> None:
    """Upgrade the tables, all or nothing."""
    config = _config()
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        # A migration may make a table anew. Dropping the old table would delete all rows that refer to it.
        _execute(engine, "PRAGMA foreign_keys = OFF")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise RuntimeError("a migration has left rows without those that they refer to")
            if sqlite:  # again in the file's header, so that damage to one of the two shows
                connection.exec_driver_sql(f"PRAGMA user_version = {int(schema.VERSION)}")
    finally:
        if sqlite:
            _execute(engine, "PRAGMA foreign_keys = ON")


def _execute(engine: Engine, sql: str) -> None:
    """Execute a statement on SQLite's one connection, outside of any transaction."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute(sql)
    finally:
        connection.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))  # in the form of a configuration file
    return config
