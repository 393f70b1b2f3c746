"""The tables. Times are unix seconds in UTC, credits whole units (100 = 1 credit), lists and dicts JSON.

What must never be wrong is held by the database itself: a balance below zero, a second grant for one reason, a state
that does not exist. `transfers` and `events` are facts: their `at` is their creation, and the migration adds triggers
that refuse to change a transfer. A change here needs a migration; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
SERIAL = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers only INTEGER keys by itself

STATES = ("queued", "running", "succeeded", "failed", "cancelled")
LANES = ("normal", "offpeak", "relaxed")
RELATIONS = ("remix", "extend", "finish", "rerun")
BUCKET_KINDS = ("daily", "plan", "bought", "gift", "refund")
TRANSFER_KINDS = ("grant", "hold", "post", "void", "refund", "expire")


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def _account(*, nullable: bool = False) -> Column[str]:
    return Column("account_id", Text, ForeignKey("accounts.id"), nullable=nullable)


def _created() -> Column[float]:
    return Column("created_at", Double, nullable=False)


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, default=default, server_default=text(str(default)))


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, default=False, server_default=text("false"))


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("email", Text, unique=True),
    Column("name", Text, nullable=False, default="", server_default=text("''")),
    Column("password_hash", Text),
    Column("role", Text, nullable=False, default="member", server_default="member"),
    Column("plan", Text, nullable=False, default="free", server_default="free"),
    Column("disabled_at", Double),
    Column("settings", JSON, nullable=False, default=dict, server_default="{}"),
    _created(),
    _one_of("role", ("owner", "admin", "member")),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _account(),
    Column("expires_at", Double, nullable=False),
    _created(),
    Index(None, "account_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _account(),
    Column("name", Text, nullable=False, default="", server_default=text("''")),
    Column("prefix", Text, nullable=False, default="", server_default=text("''")),
    Column("secret_hash", Text, nullable=False, unique=True),
    Column("access_key", Text, unique=True),
    Column("last_used_at", Double),
    Column("revoked_at", Double),
    _created(),
    Index(None, "account_id"),
)

projects = Table(
    "projects",
    metadata,
    _id(),
    _account(),
    Column("name", Text, nullable=False),
    Column("trashed_at", Double),
    _created(),
    Index(None, "account_id"),
)

_WAITING_OWN = ("account_id", "lane", "priority", "id", "run_after")
_WAITING = ("lane", "account_id", "priority", "id", "created_at", "model", "needs", "run_after")

jobs = Table(
    "jobs",
    metadata,
    _id(),
    _account(),
    Column("project_id", Text),
    Column("batch_id", Text, nullable=False),
    Column("state", Text, nullable=False, default="queued"),
    _number("priority"),
    Column("lane", Text, nullable=False, default="normal"),
    Column("spec", JSON, nullable=False),
    Column("request", JSON),  # echo of the caller's dialect: external ids, metadata, callback
    Column("model", Text, nullable=False),
    Column("needs", Text, nullable=False, default="cpu"),
    Column("units", BigInteger, nullable=False),
    Column("run_after", Double, nullable=False, default=0.0, server_default=text("0")),
    Column("started_at", Double),
    Column("finished_at", Double),
    _number("attempts"),  # claims so far; never goes down, it is half of the fence
    _number("released"),  # of these, how many were given back unharmed
    Column("lease_worker", Text),
    Column("lease_until", Double),
    _flag("cancel_requested"),
    _number("step"),
    _number("steps"),
    Column("preview_key", Text),
    Column("preview_at", Double),
    Column("looks", JSON, nullable=False, default=list, server_default="[]"),  # steps of which a preview is kept
    Column("told_at", Double),  # when progress was last made known
    Column("clip_id", Text),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("error_hint", Text),
    Column("parent_clip_id", Text),
    Column("relation", Text),
    Column("idempotency", Text),
    Column("compute_ms", BigInteger, nullable=False, default=0, server_default=text("0")),
    _created(),
    _one_of("state", STATES),
    _one_of("lane", LANES),
    _one_of("needs", ("cpu", "cuda")),
    _one_of("relation", RELATIONS),
    CheckConstraint("units >= 0", name="units"),
    CheckConstraint("(state = 'running') = (lease_worker IS NOT NULL AND lease_until IS NOT NULL)", name="lease"),
    CheckConstraint("(state IN ('queued', 'running')) = (finished_at IS NULL)", name="finished"),
    Index(None, "account_id", "id"),
    Index(None, "batch_id"),
    Index(None, "finished_at"),
    # Read whole by every claim, so it holds all that a claim asks of a waiting job.
    _partial("ix_jobs_waiting", *_WAITING, where="state = 'queued'"),
    _partial("ix_jobs_waiting_own", *_WAITING_OWN, where="state = 'queued'"),  # an account's own place and number
    _partial("ix_jobs_running", "account_id", "lease_until", where="state = 'running'"),
)

turns = Table(  # whose turn it is: the higher the number, the later the account's last start
    "turns",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("turn", BigInteger, nullable=False),
    _created(),
    Index(None, "turn"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("answer", JSON, nullable=False),
    _created(),
    Index(None, "created_at"),
)

clips = Table(
    "clips",
    metadata,
    _id(),
    _account(),
    Column("job_id", Text, unique=True),
    Column("project_id", Text),
    Column("prompt", Text, nullable=False, default="", server_default=text("''")),
    Column("model", Text, nullable=False),
    Column("seed", BigInteger),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("fps", Integer, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("video_key", Text, nullable=False),
    Column("poster_key", Text),
    Column("sprite_key", Text),
    Column("recipe", JSON, nullable=False),
    Column("parent_id", Text),
    Column("relation", Text),
    _flag("favourite"),
    Column("tags", JSON, nullable=False, default=list, server_default="[]"),
    Column("words", Text, nullable=False, default="", server_default=text("''")),  # lower case, for the search
    Column("meaning", Text, nullable=False, default="", server_default=text("''")),  # of the prompt; see meaning.py
    Column("score", JSON(none_as_null=True)),  # what the judge saw in its pixels; null: not looked at yet
    Column("defects", JSON, nullable=False, default=list, server_default="[]"),
    Column("trashed_at", Double),
    _created(),
    _one_of("relation", RELATIONS),
    Index(None, "account_id", "id"),
    Index(None, "account_id", "sha256"),
    Index(None, "parent_id"),
    Index(None, "project_id"),
    _partial("ix_clips_trashed", "trashed_at", where="trashed_at IS NOT NULL"),
    _partial("ix_clips_unscored", "id", where="score IS NULL AND trashed_at IS NULL"),
)

parts = Table(  # of specs and recipes, what is large: a given picture, the recipe of a clip that was continued
    "parts",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("sha256", Text, primary_key=True),  # of `data`
    Column("data", Text, nullable=False),  # JSON
    Column("bytes", BigInteger, nullable=False),
    _created(),
)

buckets = Table(  # units given for one reason, with one expiry
    "buckets",
    metadata,
    _id(),
    _account(),
    Column("kind", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("expires_at", Double),
    Column("source", Text, nullable=False, unique=True),  # the reason, so that it is given once
    Column("available", BigInteger, nullable=False),  # sums over `transfers`, kept so that the database can
    Column("held", BigInteger, nullable=False),  # refuse a balance below zero; invariants.py adds them up again
    _created(),
    _one_of("kind", BUCKET_KINDS),
    CheckConstraint("units > 0", name="units"),
    CheckConstraint("available >= 0", name="available"),
    CheckConstraint("held >= 0", name="held"),
    Index(None, "account_id"),
    _partial("ix_buckets_open", "account_id", "expires_at", where="available > 0 OR held > 0"),
    _partial("ix_buckets_expiring", "expires_at", where="available > 0 AND expires_at IS NOT NULL"),
)

transfers = Table(  # the ledger: every movement of units, from one account of the books to another
    "transfers",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("debit", Text, nullable=False),
    Column("credit", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("bucket_id", Text, ForeignKey("buckets.id"), nullable=False),
    Column("job_id", Text),
    _account(),
    _one_of("kind", TRANSFER_KINDS),
    CheckConstraint("units > 0", name="units"),
    CheckConstraint("debit <> credit", name="sides"),
    CheckConstraint("(kind IN ('grant', 'expire')) = (job_id IS NULL)", name="job"),
    UniqueConstraint("job_id", "bucket_id", "kind"),
    Index(None, "account_id", "id"),
    Index(None, "bucket_id"),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    _account(),
    Column("job_id", Text),
    Column("kind", Text, nullable=False),
    Column("data", JSON, nullable=False, default=dict),
    Column("at", Double, nullable=False),
    Index(None, "account_id", "id"),
    Index(None, "job_id", "id"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

webhooks = Table(
    "webhooks",
    metadata,
    _id(),
    _account(),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("events", JSON, nullable=False, default=list, server_default="[]"),
    Column("disabled_at", Double),
    _created(),
    Index(None, "account_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    Column("webhook_id", Text, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    _account(),
    Column("event_kind", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    _number("attempts"),
    Column("next_at", Double, nullable=False),
    Column("done_at", Double),
    Column("last_status", Integer),
    Column("last_error", Text),
    _created(),
    Index(None, "webhook_id"),
    _partial("ix_deliveries_due", "next_at", where="done_at IS NULL"),
)

handles = Table(  # what an account calls things: a job by its own name, a file that was sent beforehand
    "handles",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("data", JSON, nullable=False, default=dict, server_default="{}"),
    _created(),
    Index(None, "kind", "created_at"),
)

callbacks = Table(  # one state of one job to be told to the URL that came with its request
    "callbacks",
    metadata,
    _id(),
    _account(),
    Column("job_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    _number("attempts"),
    Column("next_at", Double, nullable=False),
    Column("done_at", Double),
    Column("last_status", Integer),
    Column("last_error", Text),
    _created(),
    _one_of("state", STATES),
    Index(None, "job_id", "id"),
    Index(None, "done_at"),
    _partial("ix_callbacks_due", "next_at", where="done_at IS NULL"),
)

workers = Table(
    "workers",
    metadata,
    _id(),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("needs", Text, nullable=False),
    Column("models", JSON, nullable=False, default=list, server_default="[]"),
    Column("started_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    _number("busy"),
    _created(),
)

rates = Table(  # token buckets: `tokens` left at the moment `at`
    "rates",
    metadata,
    Column("key", Text, primary_key=True),
    Column("tokens", Double, nullable=False),
    Column("at", Double, nullable=False),
    Index(None, "at"),
)

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", JSON),
    _created(),
)
