"""For a long queue: an account's own waiting jobs, found without reading everybody's."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    waiting = sa.text("state = 'queued'")
    columns = ["account_id", "lane", "priority", "id", "run_after"]
    op.create_index("ix_jobs_waiting_own", "jobs", columns, sqlite_where=waiting, postgresql_where=waiting)
