"""drafts: one a browser

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BEFORE, _NOW = "uq_drafts_owner_kind", "uq_drafts_owner_kind_browser"


def upgrade() -> None:
    with op.batch_alter_table("drafts") as table:
        # Drafts of the time before have no browser: the first that asks takes them over.
        table.add_column(sa.Column("browser", sa.String(), nullable=False, server_default=""))
        table.drop_constraint(_BEFORE, type_="unique")
        table.create_unique_constraint(_NOW, ["owner", "kind", "browser"])


def downgrade() -> None:
    op.execute(
        "DELETE FROM drafts WHERE id NOT IN (SELECT id FROM (SELECT id, row_number() OVER"
        " (PARTITION BY owner, kind ORDER BY updated_at DESC) AS place FROM drafts) WHERE place = 1)"
    )
    with op.batch_alter_table("drafts") as table:
        table.drop_constraint(_NOW, type_="unique")
        table.drop_column("browser")
        table.create_unique_constraint(_BEFORE, ["owner", "kind"])
