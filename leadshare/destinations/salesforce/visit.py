"""Destinations: one hand-over to Salesforce: what it came to, and the calls that it may make."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from leadshare.client.answers.response import json_in
from leadshare.deliveries.delivery import Deferred, Delivery, Rejected
from leadshare.destinations.narrowing import NOT_SENT, Judged, Part, halves, narrow
from leadshare.destinations.replies import Round, Verdict, failed, same, unreadable
from leadshare.destinations.salesforce.answers import judge, unnamed
from leadshare.destinations.salesforce.calls import UNPARSED, call_refused, error_in, not_judged
from leadshare.destinations.salesforce.org import COLLECTIONS, Org
from leadshare.destinations.salesforce.queries import grouped
from leadshare.reason import Reason

MOST_CALLS: Final = 44
"""Calls that write in one hand-over at most; what is left waits for the next."""


@dataclass(slots=True)
class Visit:
    """What became of some deliveries so far."""

    now: datetime
    done: Round
    left: int = MOST_CALLS

    @classmethod
    def of(cls, deliveries: Sequence[Delivery], now: datetime) -> Visit:
        """Begin to hand over *deliveries*."""
        return cls(now, Round(deliveries))

    @property
    def halted(self) -> bool:
        """Whether Salesforce wants no other call now, or does not answer."""
        verdicts = self.done.verdicts.values()
        return any(one.hold or (one.failing and not one.status) for one in verdicts)

    def taken(self, lead: str) -> str:
        """Return the id of the record of *lead* if all is well with it so far, else ""."""
        verdict = self.done.verdicts.get(lead)
        return verdict.record_id if verdict else ""

    def settle(self, verdicts: Mapping[str, Verdict]) -> None:
        """Note what became of some leads; a later word outweighs an earlier one."""
        self.done = self.done.settle(verdicts)


async def write(
    org: Org,
    visit: Visit,
    group: Sequence[Delivery],
    send: Callable[[Sequence[Delivery]], Awaitable[httpx.Response]],
) -> None:
    """Write *group* in as many calls as their sizes ask for.

    Salesforce parses a call or does not: one value of a wrong type spoils all of it, and no
    record is named. So it is halved, until the record at fault is alone.
    """
    ours = {one.lead: one for one in group}

    async def call(part: Part) -> Judged:
        visit.left -= 1
        return await _written(org, [ours[lead] for lead in part], send, visit.now)

    parts = [[one.lead for one in some] for some in grouped(group)]
    visit.settle(await narrow(parts, call, visit.left, NOT_SENT))


async def _written(
    org: Org,
    group: Sequence[Delivery],
    send: Callable[[Sequence[Delivery]], Awaitable[httpx.Response]],
    now: datetime,
) -> Judged:
    """Make one call, which is halved where nothing in it could be parsed."""
    try:
        response = await send(group)
    except httpx.TransportError as error:
        # What an earlier call was told stays so.
        return Judged(same(group, failed(error)), stop=NOT_SENT)
    if len(group) > 1 and error_in(response)[0] == UNPARSED:
        return Judged(again=halves([delivery.lead for delivery in group]))
    if refused := call_refused(response, now, group):
        return Judged(same(group, refused), stop=NOT_SENT if refused.hold else None)
    return Judged(await _settled(org, response, group, now))


async def _settled(
    org: Org, response: httpx.Response, deliveries: Sequence[Delivery], now: datetime
) -> dict[str, Verdict]:
    """Read the results, which are in the order of *deliveries*.

    Where a value is taken and nobody says of which field, our own key is looked for first.
    """
    status, key = response.status_code, org.settings.key
    if status != httpx.codes.OK:
        return same(deliveries, not_judged(response, key, alone=len(deliveries) == 1))
    rows = json_in(response)
    if not isinstance(rows, list) or len(rows) != len(deliveries):
        return same(deliveries, unreadable(response))
    pairs = list(zip(rows, deliveries, strict=True))
    verdicts = {d.lead: judge(row, d, key, status) for row, d in pairs}
    if doubtful := [d for row, d in pairs if unnamed(row, key)]:
        found = await org.find_records(doubtful, now)
        there = zip(doubtful, found.outcomes, strict=True)
        # What cannot be looked for now is looked for at the next attempt.
        ours = [one for one, outcome in there if outcome != Rejected(Reason.NOT_FOUND_AFTER_ACCEPT)]
        verdicts |= same(ours, Verdict(Deferred(Reason.CHANGED_MEANWHILE), status))
    return verdicts


async def collection(
    org: Org,
    method: str,
    records: Sequence[Mapping[str, object]],
    now: datetime,
    headers: Mapping[str, str],
) -> httpx.Response:
    """Create (POST) or update (PATCH) *records* in one call, each judged by itself."""
    body = {"allOrNone": False, "records": records}
    return await org.call(method, COLLECTIONS, now, json=body, headers=headers)
