"""Operators: answer about the chain of acts, and about what is kept no longer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from leadshare.custody.chain import Chain
from leadshare.custody.retention.running import Retainer
from leadshare.operators.models import queries
from leadshare.operators.models.queries import read_query
from leadshare.times import to_text

Query = Mapping[str, str]


class Retaining(Protocol):
    """What is needed of a configuration that can run."""

    @property
    def retainer(self) -> Retainer: ...


@dataclass(frozen=True, slots=True)
class CustodyRequests:
    """Understands what is asked about what leadshare holds, and answers it."""

    chain: Chain
    configured: Callable[[], Retaining]

    async def list_acts(self, query: Query) -> dict[str, object]:
        """Return a page of what was ordered, by whom, and how it ended."""
        return await self.chain.acts(*read_query(queries.Page, query).part)

    async def tell_retention(self, query: Query) -> dict[str, Any]:
        """Return what goes next because it is of age: what the next run takes away, were it now."""
        read_query(queries.Nothing, query)
        retainer = self.configured().retainer
        plan, stays = await retainer.plan(), retainer.terms.stays()
        goes = plan.counts()
        return {
            "at": to_text(retainer.clock()),
            "classes": [{"of": of, "stays": stays[of], "goes": goes[of]} for of in goes],
            "leads": sorted(lead for one in plan.contacts for lead in one.leads),
            "more": plan.more,
        }

    async def list_links(self, query: Query) -> dict[str, object]:
        """Return a page of the links of the chain, as they are kept."""
        return await self.chain.links(*read_query(queries.Page, query).part)
