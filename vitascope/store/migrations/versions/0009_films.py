"""Films, their versions, what was made for them, and their renders; and jobs that wait for another."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "films",
        _text("id"),
        _text("account_id"),
        _text("project_id", nullable=True),
        _text("title"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("trashed_at", sa.Double(), nullable=True),
        sa.Column("edited_at", sa.Double(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_films_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_films"),
    )
    op.create_index("ix_films_account_id_id", "films", ["account_id", "id"])
    op.create_table(
        "film_versions",
        _text("film_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("account_id"),
        _text("kind", server_default="edit"),
        sa.Column("of", sa.Integer(), nullable=True),
        sa.Column("patch", sa.JSON(), nullable=False),
        sa.Column("undo", sa.JSON(), nullable=False),
        _text("by", server_default=sa.text("''")),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.CheckConstraint("kind IN ('edit', 'undo', 'redo')", name="ck_film_versions_kind"),
        *_owners("film_versions"),
        sa.PrimaryKeyConstraint("film_id", "version", name="pk_film_versions"),
    )
    op.create_index("ix_film_versions_account_id", "film_versions", ["account_id"])
    op.create_table(
        "film_takes",
        _text("id"),
        _text("account_id"),
        _text("film_id"),
        _text("of"),
        _text("kind"),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("digest"),
        _text("state"),
        _text("job_id", nullable=True),
        _text("clip_id", nullable=True),
        _text("key", nullable=True),
        sa.Column("media", sa.JSON(), nullable=True),
        sa.Column("words", sa.JSON(), server_default="[]", nullable=False),
        _text("engine", server_default=sa.text("''")),
        sa.Column("seam", sa.Double(), nullable=True),
        _text("error", nullable=True),
        sa.Column("own", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _text("lease_worker", nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("removed_at", sa.Double(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.CheckConstraint("kind IN ('still', 'clip', 'voice', 'music')", name="ck_film_takes_kind"),
        sa.CheckConstraint("state IN ('ordered', 'waiting', 'made', 'failed')", name="ck_film_takes_state"),
        *_owners("film_takes"),
        sa.PrimaryKeyConstraint("id", name="pk_film_takes"),
        sa.UniqueConstraint("job_id", name="uq_film_takes_job_id"),
        sa.UniqueConstraint("film_id", "kind", "of", "number", name="uq_film_takes_film_id_kind_of_number"),
    )
    op.create_index("ix_film_takes_account_id", "film_takes", ["account_id"])
    op.create_index("ix_film_takes_clip_id", "film_takes", ["clip_id"])
    _partial("ix_film_takes_waiting", "film_takes", ["id"], "state = 'waiting'")
    _partial("ix_film_takes_unmeasured", "film_takes", ["id"], "state = 'ordered' AND attempts = 0")
    op.create_table(
        "film_renders",
        _text("id"),
        _text("account_id"),
        _text("film_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("state"),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("frames", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _text("lease_worker", nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _text("key", nullable=True),
        _text("captions_key", nullable=True),
        sa.Column("facts", sa.JSON(), server_default="{}", nullable=False),
        _text("error", nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="ck_film_renders_state"
        ),
        sa.CheckConstraint("(state IN ('queued', 'running')) = (finished_at IS NULL)", name="ck_film_renders_finished"),
        *_owners("film_renders"),
        sa.PrimaryKeyConstraint("id", name="pk_film_renders"),
    )
    op.create_index("ix_film_renders_account_id", "film_renders", ["account_id"])
    op.create_index("ix_film_renders_film_id", "film_renders", ["film_id"])
    _partial("ix_film_renders_open", "film_renders", ["id"], "finished_at IS NULL")
    op.drop_index("ix_jobs_waiting", "jobs")
    columns = ["lane", "account_id", "priority", "id", "created_at", "model", "needs", "run_after", "spec_format"]
    _partial("ix_jobs_waiting", "jobs", [*columns, "after"], "state = 'queued'")
    _partial("ix_jobs_after", "jobs", ["after"], "state = 'queued' AND after IS NOT NULL")


def _text(name: str, **how: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), **{"nullable": False, **how})


def _owners(table: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return (
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=f"fk_{table}_account_id"),
        sa.ForeignKeyConstraint(["film_id"], ["films.id"], name=f"fk_{table}_film_id", ondelete="CASCADE"),
    )


def _partial(name: str, table: str, columns: list[str], words: str) -> None:
    where = sa.text(words)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
