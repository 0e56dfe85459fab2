"""Operators: answer what they order in a person's stead; each order is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from leadshare.custody import exporting
from leadshare.custody.acts import Acts
from leadshare.custody.rights import Rights
from leadshare.errors import Unknown
from leadshare.operators.models import queries
from leadshare.operators.models.orders import read_order
from leadshare.operators.models.queries import read_query
from leadshare.operators.models.rights import Erase, Export, Object, OfPerson
from leadshare.operators.models.short_ids import whole_lead
from leadshare.operators.persons import Privacy
from leadshare.store.table import Table

Query = Mapping[str, str]


class Configured(Protocol):
    """What is needed of a configuration that can run."""

    @property
    def rights(self) -> Rights: ...


@dataclass(frozen=True, slots=True)
class RightsRequests:
    """Understands what is ordered about one person; `configured` raises while that is wrong.

    Whom an order is about stands in its body and in nothing that is recorded.
    """

    table: Table
    acts: Acts
    privacy: Privacy
    configured: Callable[[], Configured]

    async def erase(self, query: Query, body: bytes, key: str = "") -> dict[str, Any]:
        """Erase somebody, or count what that would take; with *key* also whose it is."""
        persons = self.privacy.shows(key, asked=bool(read_query(queries.Persons, query).persons))
        order = read_order(Erase, body)
        erasures, text = self.configured().rights.erasures, await self._text(order)
        asked = {"kind": order.kind, "dry_run": order.dry_run}
        if order.dry_run:
            return await self.acts.carry_out(
                "erase",
                order.by,
                asked | {"persons": persons},
                lambda: erasures.count(order.kind, text, persons=persons),
                lambda found: {"rows": found["rows"]},
            )
        token = order.token or ""
        return await self.acts.carry_out(
            "erase", order.by, asked, lambda: erasures.order(order.kind, text, token)
        )

    async def object(self, body: bytes) -> dict[str, Any]:
        """Take down that somebody wants to hear no more."""
        order = read_order(Object, body)
        objections, text = self.configured().rights.objections, await self._text(order)
        asked = {"kind": order.kind}
        return await self.acts.carry_out(
            "object", order.by, asked, lambda: objections.object(order.kind, text)
        )

    async def export(self, query: Query, body: bytes, key: str = "") -> dict[str, Any]:
        """Tell what is held about somebody, to whom persons may be shown."""
        self.privacy.shows(key, asked=True)
        read_query(queries.Persons, query)
        order = read_order(Export, body)
        subjects, text = self.configured().rights.subjects, await self._text(order)

        async def deed() -> dict[str, Any]:
            subject = await subjects.find(order.kind, text)
            known = len(subject.persons)
            if not known:
                raise Unknown("nothing is held of that person")
            number = order.person or (1 if known == 1 else 0)
            if number > known:
                raise Unknown(f"person: expected a number up to {known}")
            told = exporting.export(subject, number) if number else {}
            return {"export": told, "others": exporting.listed(subject, number)}

        asked = {"kind": order.kind}
        return await self.acts.carry_out("export", order.by, asked, deed, _numbers)

    async def show(self, order: str, query: Query) -> dict[str, Any]:
        """Return the certificate of an erasure."""
        read_query(queries.Nothing, query)
        named = read_query(queries.Erasure, {"order": order}).order
        return await self.configured().rights.erasures.show(named)

    async def list_erasures(self, query: Query) -> dict[str, Any]:
        """Return the certificates of all erasures that are kept, newest first."""
        read_query(queries.Nothing, query)
        return {"erasures": await self.configured().rights.erasures.list_all()}

    async def _text(self, order: OfPerson) -> str:
        if order.lead:
            return await whole_lead(self.table, order.lead)
        return str(getattr(order, order.kind))


def _numbers(told: Mapping[str, Any]) -> dict[str, object]:
    """Return what an export came to without anything of it."""
    touches = told["export"].get("touches", ())
    return {"touches": len(touches), "others": len(told["others"])}
