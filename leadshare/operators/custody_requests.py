"""Operators: answer about the chain of acts, and about what is kept no longer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadshare.custody.chain import Chain
from leadshare.operators.models import queries
from leadshare.operators.models.queries import read_query

Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CustodyRequests:
    """Understands what is asked about what leadshare holds, and answers it."""

    chain: Chain

    async def list_acts(self, query: Query) -> dict[str, object]:
        """Return a page of what was ordered, by whom, and how it ended."""
        return await self.chain.acts(*read_query(queries.Page, query).part)

    async def list_links(self, query: Query) -> dict[str, object]:
        """Return a page of the links of the chain, as they are kept."""
        return await self.chain.links(*read_query(queries.Page, query).part)
