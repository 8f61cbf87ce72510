"""The tables after the newest migration. The migrations make them; a test compares."""

from sqlalchemy import Column, Float, ForeignKey, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

VERSION = "0010"
"""The version of the newest migration."""

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
    Column("config", Text, nullable=False),  # JSON, like changes and accuracies
    Column("changes", Text, nullable=False),
    Column("learning_rate", Float, nullable=False),
    Column("speed", Float),  # null is unlimited, or the story
    Column("error", Float),
    Column("accuracies", Text, nullable=False),
    Column("first", Integer, nullable=False, server_default="0"),  # the iteration of its first error
    Column("deleted_at", Float),  # seconds since 1970; a deleted run can be brought back for some time
    Column("sha256", String(64)),  # of all the others; see app.storage.rows
    Column("marks", Text, nullable=False, server_default="[]"),  # JSON: what was wrong where the accuracy is known
    Column("pace", String(16), nullable=False, server_default="chosen"),  # of the speed; or "default", or "story"
    Column("edits", Text, nullable=False, server_default="[]"),  # JSON: what was done to single weights
    Column("owner", String(32)),  # the visitor whose copy it is; null for a run that all share
    Column("used_at", Float),  # of a copy: seconds since 1970, within an hour
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("run_id", String(32), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("iteration", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False),  # of all the others, as in each table
    Column("data", LargeBinary, nullable=False),  # a checkpoint file
    Column("keyframe", Integer, nullable=False),  # 1: a keyframe, kept for good; 0: the last checkpoint
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

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("number", Integer, nullable=False),  # the order of creation
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", Text),
    Column("data", LargeBinary, nullable=False),  # JSON: what is varied, and all else that decides the results
    Column("sha256", String(64), nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("sweep_id", String(32), ForeignKey("sweeps.id", ondelete="CASCADE"), primary_key=True),
    Column("member", Integer, primary_key=True),  # its place in the sweep
    Column("data", LargeBinary, nullable=False),  # JSON: what was found of it
    Column("sha256", String(64), nullable=False),
)

proofs = Table(
    "proofs",
    metadata,
    Column("run_id", String(32), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("iteration", Integer, primary_key=True),  # after how many the network was asked about
    Column("answer", Text, nullable=False),  # JSON: what was found, and the checksum of the data
    Column("data", LargeBinary, nullable=False),  # pictures and the certificate, or nothing
    Column("sha256", String(64), nullable=False),  # of all the others but the data
)
