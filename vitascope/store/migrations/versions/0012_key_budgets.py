"""Budgets for API keys, and by which key an order came."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("expected_costs", sa.Column("key_id", sa.Text(), nullable=True))
    # SQLite cannot change a check, so the table, which is small, is made anew.
    kept = op.get_bind().execute(sa.text("SELECT scope, name, period, most, created_at FROM budgets")).mappings().all()
    op.drop_table("budgets")
    table = op.create_table(
        "budgets",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.CheckConstraint("scope IN ('all', 'vendor', 'account', 'key')", name="ck_budgets_scope"),
        sa.CheckConstraint("period IN ('day', 'month')", name="ck_budgets_period"),
        sa.CheckConstraint("most >= 0", name="ck_budgets_most"),
        sa.PrimaryKeyConstraint("scope", "name", "period", name="pk_budgets"),
    )
    op.bulk_insert(table, [dict(row) for row in kept])
