"""conversations of many sides that branch, how an answer was made, blind votes, a library of system prompts

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("sides", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("conversations", sa.Column("parent_id", sa.Integer(), nullable=True))
    op.add_column("conversations", sa.Column("parent_turn", sa.Integer(), nullable=True))
    op.add_column("conversations", sa.Column("blind", sa.JSON(), nullable=False, server_default="{}"))
    op.create_index(op.f("ix_conversations_parent_id"), "conversations", ["parent_id"])
    op.add_column("messages", sa.Column("made_by", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("rankings", sa.Column("verdict", sa.String(), nullable=False, server_default=""))
    op.add_column("rankings", sa.Column("blind", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "system_prompts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("deleted_at", sa.Float(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_prompts")),
    )
    op.create_index(op.f("ix_system_prompts_owner"), "system_prompts", ["owner"])


def downgrade() -> None:
    op.drop_table("system_prompts")
    op.drop_column("rankings", "blind")
    op.drop_column("rankings", "verdict")
    op.drop_column("messages", "made_by")
    op.drop_index(op.f("ix_conversations_parent_id"), "conversations")
    for name in ("blind", "parent_turn", "parent_id", "sides"):
        op.drop_column("conversations", name)
