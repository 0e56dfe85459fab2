"""Custody: what retention takes away next: the same whether it is only counted or done."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from leadshare.configuration.retention import Retention
from leadshare.custody.retention.holding import Going, Held, aged, aged_tests, read_held
from leadshare.custody.retention.passes import Pass, look
from leadshare.custody.retention.suppressions import Suppression, read_suppression
from leadshare.deliveries.ledger import Naming
from leadshare.playbook import Category
from leadshare.store.keys import (
    CHAIN,
    all_bodies,
    all_quarantined,
    all_suppressed,
    contact_of,
    links_between,
)
from leadshare.store.lease import Lease
from leadshare.store.reading import everywhere
from leadshare.store.table import Row, Table
from leadshare.times import EPOCH, from_text, is_recent

SHARE: Final = 50
"""Rows of each range and partition that one run looks at, at most; the next run goes on."""

PASSED: Final = 500
"""The same of rows of which only tests are meant: no more than a page of the table."""

NAMES: Final = 500
"""Links of the chain that it looks at, at most."""

ANEW: Final = timedelta(days=30)
"""How often all that is of age is looked through anew: of what stayed, a won lead may be lost."""


@dataclass(frozen=True, slots=True)
class Place(Lease):
    """How far retention has come, in its row of state."""

    done_at: datetime = EPOCH
    """When it was done last with all that had come of age."""
    began_at: datetime = EPOCH
    """When it began last to look through all that is of age."""
    terms: str = ""
    """The settings under which it has."""
    leads: str = ""
    tests: str = ""
    """The passes through each, as columns."""
    acts_to: int = 0
    """The last link of the chain that tells of nobody any more."""
    moved: str = ""
    """How far bodies were moved that rows of before hold, until `MOVED`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes next, and where the run after goes on."""

    contacts: Sequence[Going]
    bodies: Sequence[Row]
    quarantined: Sequence[Row]
    suppressed: Sequence[Suppression]
    """Those that are of age by their rows by time, of which some may have been used since."""
    suppressions_until: datetime
    names: Sequence[Row]
    after: Place
    more: bool
    """Whether there is more than one run takes."""

    def counts(self) -> dict[str, int]:
        """Return how many of each class go; `acts` are links that lose their names."""
        of_class = defaultdict[str, int](int)
        for one in self.contacts:
            of_class[one.name] += len(one.leads)
        return {
            **{name: of_class[name] for name in (LEADS, TESTS)},
            "bodies": len(self.bodies),
            "quarantined": len(self.quarantined),
            "acts": len(self.names),
            "suppressions": sum(one.goes(self.suppressions_until) for one in self.suppressed),
        }


LEADS: Final = "leads"
TESTS: Final = "tests"


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans what goes under the publisher's terms."""

    table: Table
    state: Table
    terms: Retention
    naming: Naming

    async def plan(self, place: Place, now: datetime) -> Plan:
        """Return what goes next of all that is of age *now*, from a *place* on."""
        place = self._anew(place, now)
        terms = self.terms
        leads, tests = Pass.read(place.leads), Pass.read(place.tests)
        leads, tests = leads.on(terms.leads_until(now)), tests.on(terms.tests_until(now))
        (aged_rows, leads), (test_rows, tests) = await asyncio.gather(
            look(self.table, leads, SHARE),
            look(self.table, tests, PASSED),
        )
        going, leads = await self._aged(aged_rows, leads, now)
        gone = {one.held.contact for one in going}
        going_tests, tests = await self._tests(test_rows, tests, gone, now)
        bodies, quarantined, suppressed = await asyncio.gather(
            *(
                everywhere(self.table, span, limit=SHARE, columns=("touch", "contact"))
                for span in (
                    all_bodies(terms.bodies_until(now)),
                    all_quarantined(terms.quarantine_until(now)),
                    all_suppressed(terms.suppressions_until(now)),
                )
            )
        )
        read = (read_suppression(self.table, row) for row in suppressed.rows)
        judged = await asyncio.gather(*read)
        names, acts_to, all_named = await self._names(place.acts_to, now)
        full = bodies.full or quarantined.full or suppressed.full
        more = full or not (leads.is_over and tests.is_over and all_named)
        told = (leads.to_column(), tests.to_column())
        after = replace(place, leads=told[0], tests=told[1], acts_to=acts_to)
        return Plan(
            *([*going, *going_tests], bodies.rows, quarantined.rows, judged),
            *(terms.suppressions_until(now), names, after, more),
        )

    def _anew(self, place: Place, now: datetime) -> Place:
        """Return *place*, or where all begins anew: under other terms, or once in a while."""
        terms = self.terms.model_dump_json()
        if place.terms == terms and is_recent(place.began_at, now, ANEW):
            return place
        return replace(place, terms=terms, began_at=now, leads="")

    async def _aged(
        self, rows: Sequence[Row], began: Pass, now: datetime
    ) -> tuple[list[Going], Pass]:
        """Return which contacts of these *rows* go whole, and whether any was put off."""
        contacts = dict.fromkeys(
            contact_of(row.values["lead"])
            for row in rows
            if row.values["category"] != Category.TEST
        )
        held = await self._held(list(contacts))
        found = [(one, aged(one, self.terms, now)) for one in held]
        return _sorted(found, LEADS, began)

    async def _tests(
        self, rows: Sequence[Row], began: Pass, gone: Collection[str], now: datetime
    ) -> tuple[list[Going], Pass]:
        """Return which tests of these *rows* go, but of contacts that are *gone* with all else."""
        contacts = dict.fromkeys(
            contact_of(row.values["lead"])
            for row in rows
            if row.values["category"] == Category.TEST
        )
        contacts = {one: None for one in contacts if one not in gone}
        held = await self._held(list(contacts))
        found = [(one, aged_tests(one, self.terms, now)) for one in held]
        return _sorted(found, TESTS, began)

    async def _held(self, contacts: Sequence[str]) -> list[Held]:
        reads = (read_held(self.table, contact, self.naming) for contact in contacts)
        return await asyncio.gather(*reads)

    async def _names(self, done: int, now: datetime) -> tuple[list[Row], int, bool]:
        """Return the links whose names go, up to which one that is, and whether it is all."""
        until = self.terms.acts_until(now)
        rows = await self.state.read(CHAIN, *links_between(done + 1, done + NAMES))
        old = [row for row in rows if from_text(row.values["at"]) <= until]
        last = max((int(row.values["number"]) for row in old), default=done)
        return [row for row in old if "salt" in row.values], last, len(old) < NAMES


def _sorted(
    found: Sequence[tuple[Held, frozenset[str] | None]], name: str, began: Pass
) -> tuple[list[Going], Pass]:
    """Return of what was *found* what goes, and the pass, which says if anything is put off."""
    going = [Going(held, leads, name) for held, leads in found if leads]
    put_off = began.put_off or any(leads is not None and not leads for _, leads in found)
    return going, replace(began, put_off=put_off)
