"""Custody: order an erasure: count what would go, and do exactly that, or tell what has changed."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from leadshare.custody.erasing.erasing import Erasing
from leadshare.custody.erasing.planning import Order
from leadshare.custody.erasing.searching import Found
from leadshare.custody.erasing.staying import staying
from leadshare.custody.erasing.subject import Subject
from leadshare.deliveries import ledger
from leadshare.errors import Conflict, StorageError
from leadshare.store.retrying import SHORTEST, TRIES, pause
from leadshare.times import from_text

log = logging.getLogger("leadshare.custody.erasing")

TOKEN: Final = r"^([a-z_]+[0-9]+\.)*[0-9a-f]{32}$"  # noqa: S105 - a pattern
"""How the token of a dry run is written: how much of each kind, and a digest of all."""

MOMENT: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What an order would do, as things stand."""

    subject: Subject
    found: Found
    does: Mapping[str, str]
    """By destination: how a person is taken out of its records."""

    @property
    def counts(self) -> Counter[str]:
        """How many rows of each kind would go; those that only index others are not told apart."""
        counts = sum((held.counts for held in self.subject.held), Counter[str]())
        del counts["index"]
        return counts + self.found.counts

    @property
    def records(self) -> Counter[str]:
        """How many records each destination may have."""
        deliveries = [row for held in self.subject.held for row in held.of("delivery")]
        told = (row.values["destination"] for row in deliveries if ledger.may_have(row))
        return Counter(told)

    @property
    def token(self) -> str:
        """What a dry run gives for it."""
        held = [[one.contact, *sorted(row.key for row in one.own)] for one in self.subject.held]
        found = [
            *sorted(row.key for row in (*self.found.quarantined, *self.found.outcomes)),
            *sorted(f"{row.partition}|{row.key}" for _, row in self.found.microsoft),
        ]
        whole = [sorted(held), found, sorted(self.does.items()), self.subject.shared]
        digest = hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:32]
        return "".join(f"{kind}{count}." for kind, count in sorted(self.counts.items())) + digest

    def check(self, token: str) -> None:
        """Raise `Conflict`, which tells what has changed, if *token* is of anything but this."""
        if token == self.token:
            return
        then, now = _counts_in(token), self.counts
        changed = [
            f"{kind}: {then[kind]} then, {now[kind]} now"
            for kind in sorted({*then, *now})
            if then[kind] != now[kind]
        ]
        told = ", ".join(changed) or "other rows, or other settings, of the same number"
        raise Conflict(f"token: what would go has changed ({told}); nothing was done, count again")


def _counts_in(token: str) -> Counter[str]:
    parts = token.split(".")[:-1]
    kinds = [(part.rstrip("0123456789"), part) for part in parts]
    return Counter({kind: int(part[len(kind) :]) for kind, part in kinds})


@dataclass(frozen=True, slots=True)
class Erasures:
    """Counts, orders and tells of erasures."""

    erasing: Erasing
    new_id: Callable[[], str]

    async def count(self, kind: str, text: str, *, persons: bool) -> dict[str, Any]:
        """Return what would go of whom is known by a *text* of a kind; who, if *persons* are shown.

        `Unknown` or `BadRequest` where it is not known who is meant.
        """
        weighed = await self._weigh(kind, text)
        subject, names = weighed.subject, []
        if persons:
            names = [_name(one.facts) for one in subject.persons]
        leads = [row.values["lead"] for held in subject.held for row in held.of("lead")]
        return {
            "dry_run": True,
            "contacts": len(subject.held),
            "persons": len(subject.persons),
            "who": names,
            "shared_phones": subject.shared,
            "rows": dict(weighed.counts),
            "leads": leads,
            "destinations": [
                {"destination": name, "records": records, "does": weighed.does[name]}
                for name, records in sorted(weighed.records.items())
            ],
            "stays": staying(weighed.records, self.erasing.systems),
            "token": weighed.token,
        }

    async def order(self, kind: str, text: str, token: str) -> dict[str, Any]:
        """Erase what a dry run has counted that gave *token*, or, by `Conflict`, nothing."""
        for tried in range(TRIES):
            weighed = await self._weigh(kind, text)
            weighed.check(token)
            order = self._order(weighed.subject)
            try:
                begun = await self.erasing.begin(weighed.subject.held[0], order)
            except Conflict:
                await pause(SHORTEST * 2**tried)
                continue
            await self.erasing.certificates.write(begun, (), waits_for="records")
            log.info("erasure.ordered", extra={"order": order.id})
            await self.erasing.finish_rows(begun)
            return {"dry_run": False, "order": order.id, "rows": dict(weighed.counts)}
        raise StorageError(f"a contact kept changing during {TRIES} readings")

    async def show(self, order: str) -> dict[str, Any]:
        """Return the certificate of an *order*, with what stays; `Unknown` if there is none."""
        told = await self.erasing.certificates.show(order)
        return {**told, "stays": staying(told["records"], self.erasing.systems)}

    async def list_all(self) -> list[dict[str, Any]]:
        """Return all certificates that are kept, newest first."""
        told = await self.erasing.certificates.all()
        return sorted(told, key=lambda one: str(one["at"]), reverse=True)

    def _order(self, subject: Subject) -> Order:
        first, *others = subject.held
        # No clock that was ahead makes a touch of before one that came since.
        times = [touch.received for held in subject.held for touch in held.touches]
        # And of two orders one is the later.
        rows = [held.row.values for held in subject.held if held.row]
        times += [from_text(at) + MOMENT for row in rows if (at := row.get("erased_at"))]
        at = max([self.erasing.clock(), *times])
        contacts = tuple(held.contact for held in others)
        order = Order(self.new_id(), at, first.contact, needles=subject.needles, others=contacts)
        return replace(order, shared=subject.shared)

    async def _weigh(self, kind: str, text: str) -> Weighed:
        subject = await self.erasing.subjects.find(kind, text)
        contacts = [held.contact for held in subject.held]
        search, now = self.erasing.search, self.erasing.clock()
        found = await search.find(subject.needles, contacts, now)
        systems = self.erasing.systems
        destinations = {
            row.values["destination"] for held in subject.held for row in held.of("delivery")
        }
        does = {
            name: systems[name].does if name in systems else ledger.BY_HAND for name in destinations
        }
        return Weighed(subject, found, does)


def _name(facts: Mapping[str, str]) -> str:
    return " ".join(filter(None, (facts["first_name"], facts["last_name"], facts["company"])))
