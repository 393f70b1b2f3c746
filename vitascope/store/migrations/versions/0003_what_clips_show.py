"""For the studio: previews of every step, what a clip's prompt means, and what the judge saw in its pixels."""

import sqlalchemy as sa
from alembic import op

from vitascope.smallworld.search_terms import meaning_of

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("looks", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("clips", sa.Column("meaning", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("clips", sa.Column("score", sa.JSON(), nullable=True))
    unscored = sa.text("score IS NULL AND trashed_at IS NULL")
    op.create_index("ix_clips_unscored", "clips", ["id"], sqlite_where=unscored, postgresql_where=unscored)
    read_all()


def read_all() -> None:
    """The prompts of clips that are there already, read once."""
    tx = op.get_bind()
    clips = sa.table("clips", sa.column("id"), sa.column("prompt"), sa.column("meaning"))
    for row in tx.execute(sa.select(clips.c.id, clips.c.prompt)).all():
        if meaning := meaning_of(row.prompt):
            tx.execute(sa.update(clips).where(clips.c.id == row.id).values(meaning=meaning))
