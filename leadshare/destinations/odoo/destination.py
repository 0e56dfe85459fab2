"""Destinations: Odoo 19 and later, whose CRM is reached through its JSON-2 API.

Vendor pages are cited by their names in odoo/documentation (content/developer/reference). Much of
what matters is on none: it was seen in a real Odoo 19, and tests/odoo shows it anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import httpx

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.crm import Crm
from leadshare.destinations.description import Description
from leadshare.destinations.errors import Refused
from leadshare.destinations.odoo.answers import TAKEN, UNMADE, Unusable, fault, reason_of, whole
from leadshare.destinations.odoo.api import Api, There, arrived, external_id, seen
from leadshare.destinations.odoo.erasing import take_out
from leadshare.destinations.odoo.fields import (
    CREATE_ONLY,
    FIELDS,
    LEAD,
    LENGTHS,
    NEW,
    NOTES,
    SELLERS,
    References,
    column,
)
from leadshare.destinations.odoo.load import BATCH, Row, load, table
from leadshare.destinations.odoo.outcomes import PAGE, Outcomes
from leadshare.destinations.odoo.settings import SHOWN, OdooSettings
from leadshare.destinations.odoo.steps import take_steps
from leadshare.destinations.odoo.timeline import CONTEXT, MESSAGE, holds, message, told
from leadshare.destinations.replies import Round, Verdict, absent, every, same
from leadshare.destinations.settings import Erasure
from leadshare.destinations.writing.mapping import Value, Write
from leadshare.destinations.writing.telling import Note
from leadshare.destinations.writing.timeline import Owed, settled
from leadshare.lifecycle.outcome import Changed, Outcome, Records
from leadshare.lifecycle.step import Verb
from leadshare.reason import Reason

UPDATE: Final = {"lang": "en_US", "update_many2many": True}
"""The context of an update."""


class Odoo(Crm[OdooSettings]):
    """One database."""

    FIELDS = FIELDS
    SHOWN = SHOWN
    LENGTHS = LENGTHS
    NOTES = NOTES
    SELLERS = SELLERS
    LINK = "{url}/mail/view?model=crm.lead&res_id={id}"
    # No page names a limit; Odoo Online asks to be gentle.
    RATE = Rate(calls=120, seconds=60)
    erases = True
    batch_size = BATCH
    sweep_size = PAGE
    verbs = frozenset({Verb.TASK, Verb.NOTE})
    erasures = frozenset({Erasure.TASK, Erasure.DELETE})

    def __init__(self, settings: OdooSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        key = settings.api_key.get_secret_value()
        self._api = Api(client, settings.url, key, settings.database)
        self._references = References(self._api.ask)
        self._outcomes = Outcomes(settings, self._api)

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Make what may be new, update what was there, if it is still open, then tell the news."""
        values = {delivery.lead: self.values(delivery) for delivery in deliveries}
        try:
            ids = await self._api.ids([delivery for delivery in deliveries if delivery.sent])
            await self._references.learn(values.values())
        except Unusable as error:
            return every(deliveries, whole(error.response, now))
        new = [delivery for delivery in deliveries if not delivery.sent]
        done = Round(deliveries, await self._create(new, values, now))
        ids |= arrived(deliveries, done.verdicts)
        old = [d for d in deliveries if d.sent or d.lead in ids]
        try:
            there = await self._api.leads(ids, self._read(old))
        except Unusable as error:
            done = done.settle(same(old, whole(error.response, now)))
            there = {}
        else:
            done = done.settle(await self._update(old, there, ids, values, now))
        return done.settle(await self._tell(done, there, values, now)).reply()

    async def take_steps(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Carry out steps: activities and internal notes of leads."""
        return await take_steps(self._api, self._load, deliveries, now)

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Delete leads that we made and nobody converted; see `erasing`."""
        return await take_out(self._api, self._load, deliveries, now, self.settings.erase)

    async def find_records(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back."""
        try:
            ids = await self._api.ids(deliveries)
            there = await self._api.leads(ids, ())
        except Unusable as error:
            return every(deliveries, whole(error.response, now))
        return Reply(tuple(seen(d, ids, there) for d in deliveries), httpx.codes.OK)

    async def describe(self, now: datetime) -> Description:
        """Read the lead's fields, whether new ones may be made, and when the API key ends."""
        try:
            timeline, deletes = self.settings.timeline, self.settings.erase is Erasure.DELETE
            return await self._api.description(now, timeline=timeline, deletes=deletes)
        except Unusable as error:
            raise Refused(reason_of(error.response)) from None

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask what has changed of leads, and who has written in their chatters."""
        return await self._outcomes.changed(cursor, now)

    async def current(self, records: Records, now: datetime) -> Sequence[Outcome]:
        """Read leads, archived ones too."""
        return await self._outcomes.current(records, now)

    async def erase(self, delivery: Delivery, now: datetime) -> None:  # noqa: ARG002 - no time matters
        """Delete the lead; only an administrator of sales may."""
        try:
            for one in (await self._api.ids([delivery])).values():
                await self._api.ask(bool, LEAD, "unlink", ids=[one])
        except Unusable as error:
            if fault(error.response)[0] != "MissingError":
                raise Refused(Reason.ERASE_REFUSED) from None

    def changes(self, delivery: Delivery, there: Mapping[str, object]) -> dict[str, Value]:
        """Return what is written in a lead that holds *there*; no gaps where it has a partner.

        Odoo would write them in the address book, too (crm_lead.py, `_inverse_phone`).
        """
        changed = super().changes(delivery, there)
        if not there.get("partner_id"):
            return changed
        return {n: value for n, value in changed.items() if self.writes[n] is not Write.FILL}

    async def _create(
        self, new: Sequence[Delivery], values: Mapping[str, Mapping[str, Value]], now: datetime
    ) -> dict[str, Verdict]:
        """Load *new* under their external ids; what is there already is left as it is."""
        rows: list[Row] = []
        for delivery in new:
            cells = self._references.cells(values[delivery.lead])
            if cells is not None:
                named = {"id": external_id(delivery), **cells}
                rows.append(Row(delivery.lead, delivery, named))
        made = await self._load(LEAD, rows, CREATE_ONLY, NEW, now)
        taken = [row.delivery for row in rows if made[row.name].outcome == TAKEN]
        # By the lead's own record, perhaps, which another process has just made.
        ours = await self._api.ids(taken)
        changed = Verdict(Deferred(Reason.CHANGED_MEANWHILE))
        return same(new, UNMADE) | made | dict.fromkeys(ours, changed)

    def _read(self, old: Sequence[Delivery]) -> list[str]:
        """Return the fields that are read of leads that were there, perhaps."""
        text = [NOTES] if NOTES in self.mapping and any(not d.sent for d in old) else []
        return [*map(column, self.compared), *text]

    async def _update(
        self,
        old: Sequence[Delivery],
        there: Mapping[str, There],
        ids: Mapping[str, int],
        values: Mapping[str, Mapping[str, Value]],
        now: datetime,
    ) -> dict[str, Verdict]:
        """Load what may be written in those that are open, under their own ids.

        An archived or deleted one refuses that.
        """
        verdicts: dict[str, Verdict] = {}
        groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for delivery in old:
            lead = there.get(delivery.lead)
            if lead is None:
                verdicts[delivery.lead] = Verdict(absent(delivery))
                continue
            verdicts[delivery.lead] = Verdict(Accepted(str(ids[delivery.lead])), httpx.codes.OK)
            held = self._held(lead, values[delivery.lead])
            changed = self.changes(delivery, held) if lead.is_open else {}
            cells = self._references.cells(changed)
            if cells is None:
                verdicts[delivery.lead] = UNMADE
            elif cells:
                # `load` empties what has no text: only rows with the same fields go together.
                row = Row(delivery.lead, delivery, {".id": str(ids[delivery.lead]), **cells})
                groups[tuple(cells)].append(row)
        for group in groups.values():
            verdicts |= await self._load(LEAD, group, UPDATE, {}, now)
        return verdicts

    def _held(self, lead: There, values: Mapping[str, Value]) -> dict[str, object]:
        return self._references.held(lead.row, (*self.compared, "partner_id"), values)

    async def _tell(
        self,
        done: Round,
        there: Mapping[str, There],
        values: Mapping[str, Mapping[str, Value]],
        now: datetime,
    ) -> dict[str, Verdict]:
        """Put what is owed in the chatters of the leads that were taken."""
        owed: list[Owed] = []
        for delivery in done.deliveries:
            if record_id := done.verdicts[delivery.lead].record_id:
                lead = there.get(delivery.lead)
                at = str(lead.row["id"]) if lead else record_id
                notes = self._owed(delivery, lead, values[delivery.lead])
                owed += [Owed(delivery, at, note) for note in notes]
        verdicts = await self._load(MESSAGE, [message(one) for one in owed], CONTEXT, {}, now)
        return settled({}, owed, {touch: told(verdict) for touch, verdict in verdicts.items()})

    def _owed(
        self, delivery: Delivery, lead: There | None, values: Mapping[str, Value]
    ) -> list[Note]:
        """Return the entries of a lead that was just made, or was *there*."""
        if lead is None or (not delivery.sent and holds(lead.row.get(NOTES), values.get(NOTES))):
            return self.told_at_once(delivery)
        return self.told_late(delivery, self._held(lead, values))

    async def _load(
        self,
        model: str,
        rows: list[Row],
        context: Mapping[str, object],
        default: Mapping[str, str],
        now: datetime,
    ) -> dict[str, Verdict]:
        async def call(rows: list[Row]) -> httpx.Response:
            fields, data = table(rows, default)
            what = {"fields": fields, "data": data, "context": context}
            return await self._api.post(model, "load", what)

        verdicts = await load(rows, call, now)
        if any(verdict.reason == Reason.REFERENCE_GONE for verdict in verdicts.values()):
            self._references.forget()
        return verdicts
