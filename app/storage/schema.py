"""The tables, as the newest migration leaves them. The migrations make them; a test compares."""

from sqlalchemy import Column, Float, ForeignKey, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

VERSION = "0005"
"""That of the newest migration."""

runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("number", Integer, nullable=False),  # the order of creation
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", Text),
    Column("generation", Integer, nullable=False),
    Column("iteration", Integer, nullable=False),
    Column("config", Text, nullable=False),  # JSON, as are changes and accuracies
    Column("changes", Text, nullable=False),
    Column("learning_rate", Float, nullable=False),
    Column("speed", Float),
    Column("error", Float),
    Column("accuracies", Text, nullable=False),
    Column("first", Integer, nullable=False, server_default="0"),  # the iteration that its errors begin with
    Column("deleted_at", Float),  # seconds since 1970; what was deleted can be brought back for a while
    Column("sha256", String(64)),  # of all the others; see app.storage.rows
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("run_id", String(32), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("iteration", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False),  # of all the others, as in each table
    Column("data", LargeBinary, nullable=False),  # a checkpoint file
    Column("keyframe", Integer, nullable=False),  # 1: for good; 0: where the run was last saved
)

errors = Table(
    "errors",
    metadata,
    Column("run_id", String(32), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("chunk", Integer, primary_key=True),  # iterations chunk * 8192 and on, or the run's first and on
    Column("thinned", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),  # float64 (n,), or, thinned, float32 (3, n / 64): min, mean, max
    Column("sha256", String(64)),
)
