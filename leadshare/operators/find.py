"""Operators: find leads by what a person knows of a customer, or of a record in a CRM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from leadshare.deliveries.ledger import record_name
from leadshare.identity import Identity
from leadshare.operators.models.orders import Find
from leadshare.persons.finding import COMPANY, PHONE, company_words, phone_tail
from leadshare.store.identity_key import check_key
from leadshare.store.keys import all_found, partition_of, under
from leadshare.store.reading import Found, everywhere
from leadshare.store.table import Table

MOST: Final = 50
"""Leads that one answer tells."""

READ: Final = 200
"""Rows of one name that are read in each partition at most: more have a company's usual words."""


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds leads by the ids and the names that the identity key makes of what is known."""

    table: Table
    state: Table
    identity: Identity

    async def find(self, asked: Find, records: Mapping[str, str]) -> dict[str, Any]:
        """Return the ids of the leads that are *asked* for, and whether there are more.

        A link is known by its *records*, ids by destination. Raises `ConfigurationError` where the
        identity key is another than the one that the ids were made with.
        """
        await check_key(self.state, self.identity.fingerprint)
        match asked.kind:
            case "email":
                leads, more = await self._by_email(asked.text)
            case "phone":
                leads, more = await self._by_words(PHONE, [phone_tail(asked.text)])
            case "company":
                leads, more = await self._by_words(COMPANY, company_words(asked.text))
            case "record":
                leads, more = await self._by_record(asked.text)
            case _:
                leads, more = await self._by_link(records)
        return {"leads": sorted(leads)[:MOST], "more": more or len(leads) > MOST}

    async def _by_email(self, text: str) -> tuple[set[str], bool]:
        """Its contact's id is made of an e-mail address."""
        contact = self.identity.contact(text, "", "")
        rows = await self.table.read(
            partition_of(contact), *under(contact, "lead"), limit=MOST + 1, columns=("lead",)
        )
        return {row.values["lead"] for row in rows}, False

    async def _by_words(self, kind: str, words: Sequence[str]) -> tuple[set[str], bool]:
        """Read the rows of the longest word, which has the fewest, and of others if need be.

        Those tell which other words stand beside it.
        """
        wanted = {self.identity.index_name(kind, word) for word in words}
        leads: set[str] = set()
        for word in sorted(words, key=len, reverse=True):
            found = await self._named(self.identity.index_name(kind, word))
            leads |= {
                row.values["lead"]
                for row in found.rows
                if wanted <= {*row.values["names"].split(" ")}
            }
            if not found.full:
                return leads, False
        return leads, True

    async def _by_record(self, record_id: str, destination: str = "") -> tuple[set[str], bool]:
        found = await self._named(record_name(record_id, self.identity.index_name))
        leads = {
            row.values["lead"]
            for row in found.rows
            if destination in ("", row.values["destination"])
        }
        return leads, found.full

    async def _by_link(self, records: Mapping[str, str]) -> tuple[set[str], bool]:
        found = [await self._by_record(one, destination) for destination, one in records.items()]
        return {lead for leads, _ in found for lead in leads}, any(more for _, more in found)

    async def _named(self, name: str) -> Found:
        """Return the rows of the index under a *name*: one range of each partition."""
        columns = ("lead", "names", "destination")
        return await everywhere(self.table, all_found(name), limit=READ, columns=columns)


def ids(answer: Mapping[str, Any]) -> dict[str, object]:
    """Return what finding came to without whoever was shown."""
    return {**answer, "leads": [one["lead"] for one in answer["leads"]]}
