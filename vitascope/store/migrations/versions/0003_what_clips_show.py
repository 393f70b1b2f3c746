"""For the studio: previews of every step, what a clip's prompt means, and what the judge saw in its pixels.

Plain SQL and data alone. What the prompts of clips that are there already mean is for their models' hooks to say: a
note in the settings lets a worker read them (`store/unread.py`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("looks", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("clips", sa.Column("meaning", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("clips", sa.Column("score", sa.JSON(), nullable=True))
    unscored = sa.text("score IS NULL AND trashed_at IS NULL")
    op.create_index("ix_clips_unscored", "clips", ["id"], sqlite_where=unscored, postgresql_where=unscored)
    op.execute(
        "INSERT INTO settings (key, value, created_at)"
        " SELECT 'clips.unread', '{\"after\": \"\"}', (SELECT max(created_at) FROM clips)"
        " WHERE EXISTS (SELECT 1 FROM clips)"
    )
