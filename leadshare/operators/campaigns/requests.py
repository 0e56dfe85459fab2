"""Operators: answer what is asked about campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leadshare.operators.campaigns.order import Preview
from leadshare.operators.campaigns.preview import preview
from leadshare.operators.models.orders import read_order
from leadshare.store.table import Table


@dataclass(frozen=True, slots=True)
class CampaignRequests:
    """Understands what is asked about campaigns; nothing that it answers changes anything."""

    table: Table

    async def preview(self, body: bytes) -> dict[str, Any]:
        """Return which leads of a page would be in another campaign under other campaigns."""
        order = read_order(Preview, body)
        return await preview(self.table, order.would_be, order.limit, order.after)
