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
BUCKET_KINDS = ("daily", "plan", "bought", "gift", "refund")
TRANSFER_KINDS = ("grant", "hold", "post", "void", "refund", "expire")
TAKE_STATES = ("ordered", "waiting", "made", "failed")  # ordered: its job says how it is
PURCHASE_STATES = ("written", "sent", "unsure", "placed", "done", "failed", "cancelled", "lost")


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def _account(*, nullable: bool = False) -> Column[str]:
    return Column("account_id", Text, ForeignKey("accounts.id"), nullable=nullable)


def _film() -> Column[str]:
    return Column("film_id", Text, ForeignKey("films.id", ondelete="CASCADE"), nullable=False)


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
_WAITING = (
    "lane", "account_id", "priority", "id", "created_at", "model", "needs", "run_after", "spec_format", "after",
)  # fmt: skip

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
    Column(
        "spec_format", Integer, nullable=False, default=2, server_default=text("1")
    ),  # a worker claims what it knows
    Column(
        "shape", JSON, nullable=False, default=dict, server_default="{}"
    ),  # what the spec came to with the model when it was ordered
    Column("after", Text),  # a job whose clip this one continues; not claimed before that one is done
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
    CheckConstraint("units >= 0", name="units"),
    CheckConstraint("(state = 'running') = (lease_worker IS NOT NULL AND lease_until IS NOT NULL)", name="lease"),
    CheckConstraint("(state IN ('queued', 'running')) = (finished_at IS NULL)", name="finished"),
    Index(None, "account_id", "id"),
    Index(None, "batch_id"),
    Index(None, "finished_at"),
    # Read whole by every claim, so it holds all that a claim asks of a waiting job.
    _partial("ix_jobs_waiting", *_WAITING, where="state = 'queued'"),
    _partial("ix_jobs_waiting_own", *_WAITING_OWN, where="state = 'queued'"),  # an account's own place and number
    _partial("ix_jobs_after", "after", where="state = 'queued' AND after IS NOT NULL"),
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
    Column("model", Text),  # null: a file of the user's own
    Column("seed", BigInteger),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("fps", Text, nullable=False),  # an exact fraction: "24", "30000/1001"
    _flag("sound"),
    Column("seconds", Double, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("video_key", Text, nullable=False),
    Column("poster_key", Text),
    Column("sprite_key", Text),
    Column("recipe", JSON(none_as_null=True)),  # null: a file of the user's own
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

inputs = Table(  # pictures, clips and sounds that were given, once for each account
    "inputs",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("sha256", Text, primary_key=True),  # of the file
    Column("kind", Text, nullable=False),  # image, video, audio
    Column("name", Text, nullable=False, default="", server_default=text("''")),  # as its owner calls it
    Column("media_type", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("key", Text, nullable=False),  # of its blob
    Column("facts", JSON, nullable=False, default=dict, server_default="{}"),  # width, height, frames, fps, seconds
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

purchases = Table(  # what is ordered from another server: written before the paid call, never removed
    "purchases",
    metadata,
    _id(),
    _account(),
    Column("job_id", Text, nullable=False),
    _number("leg"),  # of the job: another server is asked only when it is certain that nothing was bought at the last
    Column("model", Text, nullable=False),  # as it is called here
    Column("engine", Text, nullable=False),  # with `source`, as the model file said it then: asked there for ever
    Column("source", JSON, nullable=False),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False, unique=True),  # ours for it, told to the server where it takes one
    Column("digest", Text),  # SHA-256 of what was asked
    Column("state", Text, nullable=False, default="written"),
    _number("sends"),  # how often the paid request was begun; more than once only under one name
    Column("ticket", JSON(none_as_null=True)),
    Column("handle", Text),  # the server's id, out of the ticket
    Column("cancels", Text, nullable=False, default="never", server_default="never"),
    Column("cancel_sent_at", Double),
    _number("doubts"),  # looks in a row that did not find it, or said that it failed
    Column("next_at", Double),  # when it is looked at; null: never again
    Column("lease_worker", Text),  # the courier that looks at it now
    Column("lease_until", Double),
    Column("sent_at", Double),
    Column("placed_at", Double),
    Column("ended_at", Double),
    Column("settled_at", Double),  # since when its job has ended, and with it what the user pays
    Column("estimate", BigInteger),  # what it costs us, in micro-dollars; null: unknown
    Column("cost", BigInteger),
    Column("billed", Text, nullable=False, default="unknown", server_default="unknown"),
    Column("note", Text),  # what went wrong last
    Column("clip_id", Text),
    _created(),
    _one_of("state", PURCHASE_STATES),
    _one_of("cancels", ("never", "queued", "always")),
    _one_of("billed", ("yes", "no", "unknown")),
    UniqueConstraint("job_id", "leg"),
    UniqueConstraint("address", "handle"),
    Index(None, "account_id"),
    Index(None, "model", "sent_at"),
    _partial("ix_purchases_due", "next_at", where="next_at IS NOT NULL"),
    _partial("ix_purchases_open", "model", where="settled_at IS NULL"),
)

films = Table(
    "films",
    metadata,
    _id(),
    _account(),
    Column("project_id", Text),
    Column("title", Text, nullable=False),
    Column("version", Integer, nullable=False),  # of the document; the number of its last row in `film_versions`
    Column("document", JSON, nullable=False),
    Column("trashed_at", Double),
    Column("edited_at", Double, nullable=False),
    _created(),
    Index(None, "account_id", "id"),
)


film_versions = Table(  # each change of a film's document, and how it is undone: JSON merge patches
    "film_versions",
    metadata,
    Column("film_id", Text, ForeignKey("films.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    _account(),
    Column("kind", Text, nullable=False, default="edit", server_default="edit"),
    Column("of", Integer),  # the version that was undone or redone
    Column("patch", JSON, nullable=False),
    Column("undo", JSON, nullable=False),
    Column("by", Text, nullable=False, default="", server_default=text("''")),
    _created(),
    _one_of("kind", ("edit", "undo", "redo")),
    Index(None, "account_id"),
)

film_takes = Table(  # what was made for a film: film/take.py says what each field means
    "film_takes",
    metadata,
    _id(),
    _account(),
    _film(),
    Column("of", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("job_id", Text, unique=True),
    Column("clip_id", Text),  # of a library clip that was taken as it is; that of a job is its own
    Column("key", Text),  # of its blob, where it is no clip of the library
    Column("media", JSON(none_as_null=True)),
    Column("words", JSON, nullable=False, default=list, server_default="[]"),
    Column("engine", Text, nullable=False, default="", server_default=text("''")),
    Column("seam", Double),
    Column("error", Text),
    _flag("own"),
    _number("attempts"),  # to make it, or, of one that a job makes, to measure how it joins the shot before it
    Column("lease_worker", Text),  # who makes it now, where it waits
    Column("lease_until", Double),
    Column("removed_at", Double),  # taken out of the film; what it cost still counts
    Column("proxy", Text),  # of a clip: the key of its smaller copy, empty where it needs none; null: not looked at yet
    _created(),
    _one_of("kind", ("still", "clip", "voice", "music")),
    _one_of("state", TAKE_STATES),
    UniqueConstraint("film_id", "kind", "of", "number"),
    Index(None, "account_id"),
    Index(None, "clip_id"),
    _partial("ix_film_takes_waiting", "id", where="state = 'waiting'"),
    _partial("ix_film_takes_unmeasured", "id", where="state = 'ordered' AND attempts = 0"),  # see film_takes.unmeasured
    _partial("ix_film_takes_unseen", "id", where="kind = 'clip' AND proxy IS NULL AND removed_at IS NULL"),
)

film_renders = Table(
    "film_renders",
    metadata,
    _id(),
    _account(),
    _film(),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False, default="queued"),
    Column("asked", JSON, nullable=False),  # captions, height, animatic
    Column("plan", JSON, nullable=False),  # the document and its takes, as they were when it was asked
    _number("done"),  # frames
    _number("frames"),
    _number("attempts"),
    Column("lease_worker", Text),
    Column("lease_until", Double),
    _flag("cancel_requested"),
    Column("key", Text),
    Column("captions_key", Text),
    Column("facts", JSON, nullable=False, default=dict, server_default="{}"),  # seconds, loudness, notes, bytes
    Column("error", Text),
    Column("finished_at", Double),
    _created(),
    _one_of("state", STATES),
    CheckConstraint("(state IN ('queued', 'running')) = (finished_at IS NULL)", name="finished"),
    Index(None, "account_id"),
    Index(None, "film_id"),
    _partial("ix_film_renders_open", "id", where="finished_at IS NULL"),
)

budgets = Table(  # how much may be spent with other servers; see `budgets.py`
    "budgets",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("name", Text, primary_key=True),  # of the vendor or account; empty for everything
    Column("period", Text, primary_key=True),
    Column("most", BigInteger, nullable=False),  # micro-dollars
    _created(),
    _one_of("scope", ("all", "vendor", "account")),
    _one_of("period", ("day", "month")),
    CheckConstraint("most >= 0", name="most"),
)

expected_costs = Table(  # of orders from other servers, as they were known when they were taken
    "expected_costs",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.id"), primary_key=True),
    Column("vendor", Text, nullable=False),
    Column("amount", BigInteger),  # micro-dollars; null: unknown
    Column("at", Double, nullable=False, index=True),
)

vendor_hours = Table(  # how other servers answered, by the hour; see `vendor_health.py`
    "vendor_hours",
    metadata,
    Column("vendor", Text, primary_key=True),
    Column("hour", BigInteger, primary_key=True),  # since 1970
    _number("good"),
    _number("late"),
    _number("failed"),
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
