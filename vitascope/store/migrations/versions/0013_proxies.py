"""Takes that players show as a smaller copy."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("film_takes", sa.Column("proxy", sa.Text(), nullable=True))
    unseen = sa.text("kind = 'clip' AND proxy IS NULL AND removed_at IS NULL")
    op.create_index("ix_film_takes_unseen", "film_takes", ["id"], sqlite_where=unseen, postgresql_where=unseen)
