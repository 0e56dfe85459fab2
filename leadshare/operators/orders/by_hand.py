"""Operators: what they order of one lead, one touch or one destination, and see of one touch."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import State
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.visit import Nudge, Nudger, nudges
from leadshare.deliveries.ledger.story import unpack
from leadshare.errors import Conflict, Unknown, Unreadable
from leadshare.intake.message import open_envelope
from leadshare.operators.models.short_ids import quarantined
from leadshare.reason import Reason
from leadshare.store.keys import LANE, deliveries_of, index_time, lead_key, partition_of
from leadshare.store.lease import LeasedRow
from leadshare.store.retrying import until_written
from leadshare.store.table import Change, Row, Table
from leadshare.times import EPOCH, to_text


@dataclass(frozen=True, slots=True)
class ByHand:
    """Changes one thing at a time."""

    table: Table
    state: Table
    clock: Callable[[], datetime]
    nudger: Nudger

    async def park(self, lead: str, destination: str) -> dict[str, Any]:
        """Park what is due for one *lead*, at one *destination* if it is named."""

        async def parking(delivery: Row) -> list[Change]:
            due = await self.table.get(delivery.partition, delivery.values["index"])
            return ledger.park(due, Reason.PARKED_BY_HAND, self.clock()) if due else []

        return await self._each(lead, destination, State.DUE, "parked", parking)

    async def resend(self, lead: str, destination: str) -> dict[str, Any]:
        """Owe what one *lead* is now to who has it already, at one *destination* if it is named."""
        row = await self.table.get(partition_of(lead), lead_key(lead))
        if row is None:
            raise Unknown("no such lead")
        record = json.loads(row.values["record"])

        async def owing(delivery: Row) -> list[Change]:
            # Its system has it, so what is sent is a repeat; but what it was told last is untold.
            to, sent = delivery.values["destination"], record["version"] - 1
            told = unpack(row.values["story"])
            return ledger.owe(delivery, lead, to, record, self.clock(), story=told, sent=sent)

        return await self._each(lead, destination, State.DELIVERED, "resent", owing)

    async def pause(self, destination: str) -> dict[str, Any]:
        """Let nothing leave for a *destination* until a person resumes it."""
        return await self._set_paused(destination, self.clock())

    async def resume(self, destination: str) -> dict[str, Any]:
        """Let what waits for a *destination* leave again."""
        answer = await self._set_paused(destination, EPOCH)
        now = self.clock()
        await self.nudger.nudge([Nudge(destination, until=now)])
        return answer

    async def drop(self, touch: str) -> dict[str, Any]:
        """Delete one *touch* in quarantine for good."""
        row = await quarantined(self.table, touch)
        await self.table.write(row.partition, [Change("delete", row.key, etag=row.etag)])
        return {"touch": row.values["touch"], "dropped": True, "reason": row.values["reason"]}

    async def show(self, touch: str, *, persons: bool) -> dict[str, Any]:
        """Tell of one *touch* in quarantine; what was posted only where *persons* are shown."""
        row = await quarantined(self.table, touch)
        message = bytes(row.values["message"])
        facts: dict[str, Any] = {
            "touch": row.values["touch"],
            "reason": row.values["reason"],
            "received": to_text(index_time(row.key)),
            "updated": row.values["updated"],
        }
        try:
            envelope = open_envelope(message)
        except Unreadable:
            body = message
        else:
            body = envelope.body
            facts |= {"via": envelope.via, "framed": envelope.framed}
            facts |= {"path": envelope.path} if persons else {}
        facts["bytes"] = len(body)
        return facts | ({"body": b64encode(body).decode()} if persons else {})

    async def _set_paused(self, destination: str, at: datetime) -> dict[str, Any]:
        row = LeasedRow(self.state, LANE, destination, Lane)

        async def change() -> None:
            await row.write(replace(await row.read(), paused_at=at))

        await until_written(f"the lane of {destination}", change)
        return {"destination": destination, "paused": at > EPOCH}

    async def _each(
        self,
        lead: str,
        destination: str,
        state: State,
        done: str,
        change: Callable[[Row], Awaitable[list[Change]]],
    ) -> dict[str, Any]:
        """Write what *change* says for each delivery that is in *state*; tell of all others."""
        answer: dict[str, Any] = {"lead": lead, done: [], "others": {}}
        rows = await self.table.read(partition_of(lead), *deliveries_of(lead))
        wanted = [r for r in rows if destination in ("", r.values["destination"])]
        if not wanted:
            raise Unknown("no such delivery")
        for row in wanted:
            to, was = row.values["destination"], row.values["state"]
            changes = await change(row) if was == state else []
            if changes and await self._written(row, changes):
                answer[done].append(to)
            else:
                answer["others"][to] = Reason.CHANGED_MEANWHILE if was == state else was
        return answer

    async def _written(self, row: Row, changes: list[Change]) -> bool:
        try:
            await self.table.write(row.partition, changes)
        except Conflict:
            return False
        keys = (change.key for change in changes if change.kind != "delete")
        await self.nudger.nudge(nudges(row.partition, keys, self.clock()))
        return True
