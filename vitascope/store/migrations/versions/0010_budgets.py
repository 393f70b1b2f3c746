"""What may be spent with other servers, and what orders were expected to cost."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.CheckConstraint("scope IN ('all', 'vendor', 'account')", name="ck_budgets_scope"),
        sa.CheckConstraint("period IN ('day', 'month')", name="ck_budgets_period"),
        sa.CheckConstraint("most >= 0", name="ck_budgets_most"),
        sa.PrimaryKeyConstraint("scope", "name", "period", name="pk_budgets"),
    )
    op.create_table(
        "expected_costs",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_expected_costs_job_id"),
        sa.PrimaryKeyConstraint("job_id", name="pk_expected_costs"),
    )
    op.create_index("ix_expected_costs_at", "expected_costs", ["at"])
