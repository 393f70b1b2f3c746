"""What is ordered from other servers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "purchases",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("leg", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sends", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ticket", sa.JSON(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("cancels", sa.Text(), server_default="never", nullable=False),
        sa.Column("cancel_sent_at", sa.Double(), nullable=True),
        sa.Column("doubts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=True),
        sa.Column("lease_worker", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("sent_at", sa.Double(), nullable=True),
        sa.Column("placed_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("settled_at", sa.Double(), nullable=True),
        sa.Column("estimate", sa.BigInteger(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("billed", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("clip_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "state IN ('written', 'sent', 'unsure', 'placed', 'done', 'failed', 'cancelled', 'lost')",
            name="ck_purchases_state",
        ),
        sa.CheckConstraint("cancels IN ('never', 'queued', 'always')", name="ck_purchases_cancels"),
        sa.CheckConstraint("billed IN ('yes', 'no', 'unknown')", name="ck_purchases_billed"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_purchases_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_purchases"),
        sa.UniqueConstraint("name", name="uq_purchases_name"),
        sa.UniqueConstraint("job_id", "leg", name="uq_purchases_job_id_leg"),
        sa.UniqueConstraint("address", "handle", name="uq_purchases_address_handle"),
    )
    op.create_index("ix_purchases_account_id", "purchases", ["account_id"])
    op.create_index("ix_purchases_model_sent_at", "purchases", ["model", "sent_at"])
    for name, column, words in (
        ("ix_purchases_due", "next_at", "next_at IS NOT NULL"),
        ("ix_purchases_open", "model", "settled_at IS NULL"),
    ):
        where = sa.text(words)
        op.create_index(name, "purchases", [column], sqlite_where=where, postgresql_where=where)
