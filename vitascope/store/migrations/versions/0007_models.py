"""For any model: what a spec came to is kept with its job, rates are exact fractions, relations and devices have no
fixed list, a clip may be a file of the user's own, and given files are kept once for each account.

Plain SQL and data alone: what a spec of the first edition came to is written down here as it was then.
"""

import json
import re

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

FPS, GROUP, STEPS = 16, 8, 4
ASPECTS = {"1:1": (256, 256), "16:9": (352, 192), "9:16": (192, 352)}


def upgrade() -> None:
    op.add_column("jobs", sa.Column("spec_format", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("jobs", sa.Column("shape", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("jobs", sa.Column("after", sa.Text(), nullable=True))
    op.add_column("clips", sa.Column("sound", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "inputs",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_inputs_account_id"),
        sa.PrimaryKeyConstraint("account_id", "sha256", name="pk_inputs"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _rebuilt("jobs", [_check("jobs", "needs"), _check("jobs", "relation")])
        _rebuilt(
            "clips",
            [
                _check("clips", "relation"),
                (r"\bmodel TEXT NOT NULL", "model TEXT"),
                (r"\bfps INTEGER NOT NULL", "fps TEXT NOT NULL"),
                (r"\brecipe JSON NOT NULL", "recipe JSON"),
            ],
        )
    else:
        for table, name in (("jobs", "needs"), ("jobs", "relation"), ("clips", "relation")):
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_ck_{table}_{name}")
        op.alter_column("clips", "model", nullable=True)
        op.alter_column("clips", "recipe", nullable=True)
        op.alter_column("clips", "fps", type_=sa.Text(), postgresql_using="fps::text")
    op.drop_index("ix_jobs_waiting", "jobs")
    columns = ["lane", "account_id", "priority", "id", "created_at", "model", "needs", "run_after", "spec_format"]
    waiting = sa.text("state = 'queued'")
    op.create_index("ix_jobs_waiting", "jobs", columns, sqlite_where=waiting, postgresql_where=waiting)
    write_shapes()


def write_shapes() -> None:
    """What the specs of all jobs came to. Their pictures, which may be large, are not read."""
    tx = op.get_bind()
    jobs = sa.table("jobs", sa.column("id"), sa.column("spec", sa.JSON()), sa.column("shape", sa.JSON()))
    spec = jobs.c.spec
    source = spec["extend"]
    columns = (
        jobs.c.id,
        spec["seconds"].as_float().label("seconds"),
        spec["aspect"].as_string().label("aspect"),
        spec["size"].label("size"),
        spec["steps"].as_integer().label("steps"),
        spec["guidance"].as_float().label("guidance"),
        source["width"].as_integer().label("width"),
        source["height"].as_integer().label("height"),
        source["frames"].as_integer().label("frames"),
    )
    for row in tx.execute(sa.select(*columns)).all():
        tx.execute(sa.update(jobs).where(jobs.c.id == row.id).values(shape=_shape(row)))


def _shape(row: sa.Row) -> dict[str, object]:
    size = json.loads(row.size) if isinstance(row.size, str) else row.size
    width, height = (row.width, row.height) if row.frames else size or ASPECTS.get(row.aspect, ASPECTS["1:1"])
    seconds = 5.0 if row.seconds is None else row.seconds
    groups = max(1, -int(-(seconds * FPS / GROUP - 1e-9) // 1))
    return {
        "width": width,
        "height": height,
        "frames": 1 if seconds == 0 else groups * GROUP + (0 if row.frames else 1),
        "fps": str(FPS),
        "given": row.frames or 0,
        "steps": row.steps or STEPS,
        "guidance": row.guidance,
        "sound": False,
        "notes": [],
    }


def _check(table: str, name: str) -> tuple[str, str]:
    """Takes a CHECK, whose expression has one pair of brackets inside at most, out of a CREATE TABLE. Its name is as
    0001 wrote it, behind what the naming convention puts before every name.
    """
    return rf",\s*CONSTRAINT ck_{table}_ck_{table}_{name} CHECK \((?:[^()]|\([^()]*\))*\)", ""


def _rebuilt(table: str, changes: list[tuple[str, str]]) -> None:
    """SQLite changes no constraint of a table that is there: it is written anew, with its indexes and triggers."""
    tx = op.get_bind()
    kept = tx.execute(
        sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL"), {"table": table}
    ).all()
    (made,) = (row.sql for row in kept if row.type == "table")
    for pattern, text in changes:
        made, count = re.subn(pattern, text, made)
        assert count == 1, f"{pattern} stands {count} times in {table}"
    columns = ", ".join(f'"{row.name}"' for row in tx.execute(sa.text(f"PRAGMA table_info({table})")))
    made = re.sub(rf'^CREATE TABLE "?{table}"?', f"CREATE TABLE {table}_new", made)
    tx.exec_driver_sql(made)
    tx.exec_driver_sql(f"INSERT INTO {table}_new ({columns}) SELECT {columns} FROM {table}")
    tx.exec_driver_sql(f"DROP TABLE {table}")
    tx.exec_driver_sql(f"ALTER TABLE {table}_new RENAME TO {table}")
    for row in kept:
        if row.type != "table":
            tx.exec_driver_sql(row.sql)
