"""Leads: write down what sources tell of leads, and move their stages by it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from leadshare.configuration.models import Catalogue
from leadshare.deliveries.lanes.visit import Nudger, nudges
from leadshare.leads import unrouted
from leadshare.leads.held import MOST_LEADS, TOMBSTONE, read_held
from leadshare.leads.planning.outcomes import News, moved, moves, news, noted, objected
from leadshare.leads.planning.raising import Terms
from leadshare.leads.routing import Routes
from leadshare.leads.tombstone import keeps_out
from leadshare.leads.tracks.telling import log_tracks
from leadshare.lifecycle.outcome import Outcome
from leadshare.scoring.settings import Scoring
from leadshare.store.keys import behind, contact_key, contact_of, is_lead_id, lead_key, partition_of
from leadshare.store.retrying import Turns, until_written
from leadshare.store.table import Change, Row, Table

log = logging.getLogger("leadshare.leads.outcomes.recording")

AT_ONCE: Final = 8
"""Outcomes of one lead that one transaction takes, beside all that a move of it changes."""

ASKED: Final = (
    *("lead", "category", "stage", "states", "first_touch", "signed_at", "signed_by"),
    *("stage_at", "stage_by"),
    *("waiting", "alarm"),
    *("ready_at", "index", "counted"),
)
"""What is read of a lead's row to know whether an outcome says anything new."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes outcomes down under one configuration."""

    table: Table
    catalogue: Catalogue
    routes: Routes
    scoring: Scoring
    clock: Callable[[], datetime]
    nudger: Nudger
    turns: Turns = field(default_factory=Turns)

    async def record(self, outcomes: Sequence[Outcome], *, asked: bool = False) -> frozenset[str]:
        """Write down what is new in *outcomes*; return the ids of leads that nobody has.

        In any order, and as often as they come: what says nothing new writes nothing. *asked* says
        that the sources were asked, and so tell what is as it was again and again.

        Raises `StorageError`; what was written by then stays, and coming again is no harm.
        """
        by_lead: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in outcomes:
            if asked and outcome.state is None and not (outcome.signed_at or outcome.opted_out):
                continue  # it is as new as it was
            by_lead[outcome.lead].append(outcome)
        # A system keeps the id of a lead in a field that people may change.
        unknown = {lead for lead in by_lead if not is_lead_id(lead)}
        for lead, told in by_lead.items():
            if lead in unknown:
                continue
            for start in range(0, len(told), AT_ONCE):
                if not await self._record(lead, told[start : start + AT_ONCE], asked):
                    unknown.add(lead)
        return frozenset(unknown)

    async def _record(self, lead: str, outcomes: Sequence[Outcome], asked: bool) -> bool:  # noqa: FBT001 - a fact, no switch
        """Write down what is new of one *lead*; say whether anybody has it."""

        async def write() -> bool:
            row = await self._row(lead, lead_key(lead), ASKED)
            if row is None:
                return await self._was_erased(lead, outcomes)
            told = await self._unheard(lead, outcomes)
            found = news(row, told, asked=asked)
            if found and (found.opted_out or moves(row, found)):
                # Of who wants to hear no more, all leads.
                whole = MOST_LEADS + 1 if found.opted_out else 0
                held = await read_held(self.table, lead, moving=whole)
                # By what is read now, for others may have written meanwhile.
                row = held.leads[lead]
                found = news(row, told, asked=asked)
                plan = objected if found.opted_out else moved
                if found.opted_out or moves(row, found):
                    await self._write(lead, found, plan(held, lead, found, self._terms()))
                    return True
            if found:
                await self._write(lead, found, [noted(row, found, self._terms())])
            return True

        async with self.turns.at(contact_of(lead)):
            return await until_written("a lead", write)

    async def _was_erased(self, lead: str, outcomes: Sequence[Outcome]) -> bool:
        """Say whether all *outcomes* are of the time of a *lead* that was erased: nobody waits."""
        contact = await self._row(lead, contact_key(contact_of(lead)), TOMBSTONE)
        return all(keeps_out(contact, outcome.at) for outcome in outcomes)

    async def _unheard(self, lead: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Return *outcomes* without an opt-out that the contact's row tells already."""
        if not any(one.opted_out for one in outcomes):
            return outcomes
        contact = await self._row(lead, contact_key(contact_of(lead)), ("opted_out",))
        if contact and contact.values.get("opted_out"):
            return [replace(one, opted_out=False) for one in outcomes]
        return outcomes

    async def _row(self, lead: str, key: str, columns: Sequence[str]) -> Row | None:
        rows = await self.table.read(partition_of(lead), key, behind(key), columns=columns)
        return rows[0] if rows else None

    def _terms(self) -> Terms:
        return Terms(self.routes, self.scoring, self.clock())

    async def _write(
        self, lead: str, found: News, transactions: Sequence[Sequence[Change]]
    ) -> None:
        """Write down what was *found*, and have all looked at that is due by it."""
        partition = partition_of(lead)
        for changes in transactions:
            await self.table.write(partition, changes)
            unrouted.log_unrouted(changes, self.catalogue)
            log_tracks(changes)
        for outcome in found.outcomes:
            log.info("outcome.recorded", extra=_facts(outcome))
        written = [change for changes in transactions for change in changes]
        keys = [change.key for change in written if change.kind != "delete"]
        await self.nudger.nudge(nudges(partition, keys, self.clock()))


def _facts(outcome: Outcome) -> dict[str, object]:
    return {"lead": outcome.lead, "source": outcome.source, "state": str(outcome.state)}
