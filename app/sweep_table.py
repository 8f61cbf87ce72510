"""The results of a sweep as a table of columns, and that table as a Parquet file."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

PARQUET = "application/vnd.apache.parquet"
"""The media type, as IANA registers it."""


def parquet_of(table: Mapping[str, Sequence[Any]]) -> bytes:
    """A Parquet file with these columns.

    Raises:
        ImportError: pyarrow, an optional extra, is not installed.
    """
    import pyarrow  # noqa: PLC0415 (an optional extra)
    from pyarrow import parquet  # noqa: PLC0415

    file = io.BytesIO()
    parquet.write_table(pyarrow.table(dict(table)), file)
    return file.getvalue()
