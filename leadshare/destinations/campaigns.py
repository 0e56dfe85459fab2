"""Destinations: leads become members of the campaigns and lists that a system has of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.destinations.replies import Round, Verdict, Verdicts, failed
from leadshare.destinations.writing.timeline import eased
from leadshare.playbook import Category
from leadshare.reason import Reason

UNJOINED: Final = Verdict(Deferred(Reason.CAMPAIGN_REFUSED))
"""For a record that is written and that a campaign refused: no other lead needs one."""


@dataclass(frozen=True, slots=True)
class Member:
    """A record that becomes a member, or ceases to be one, and what it is for."""

    delivery: Delivery
    record_id: str


Change = Callable[[str, Sequence[Member]], Awaitable[Verdicts]]
"""Changes who is a member of what has this id, by one call; returns verdicts by record id."""


def campaign_of(delivery: Delivery, campaigns: Mapping[str, str]) -> str:
    """Return the system's own id of the campaign that a lead joins, "" for none.

    *campaigns* are those ids, by the publisher's own. Who asked not to be contacted joins none.
    """
    record = delivery.record
    asked = record["category"] != Category.NO_CONTACT
    return campaigns.get(record["campaign"], "") if asked else ""


async def join(
    written: Round, campaigns: Mapping[str, str], places: Mapping[str, str], add: Change
) -> Round:
    """Return *written* once its leads are members of their campaigns; one call for each of these.

    *campaigns* are the system's own ids of them, *places* the records that become members, by
    lead. Who is a member stays one; what is refused leaves the record as it is.
    """
    groups: dict[str, list[Member]] = defaultdict(list)
    for delivery in written.deliveries:
        taken = isinstance(written.verdicts[delivery.lead].outcome, Accepted)
        into = campaign_of(delivery, campaigns)
        if taken and into and delivery.lead in places:
            groups[into].append(Member(delivery, places[delivery.lead]))
    stop: Verdict | None = None
    for into, some in groups.items():
        ids = [one.record_id for one in some]
        told = dict.fromkeys(ids, stop) if stop else await changed(add, into, some)
        verdicts = {one.delivery.lead: eased(told[one.record_id], UNJOINED) for one in some}
        refused = {lead: v for lead, v in verdicts.items() if not isinstance(v.outcome, Accepted)}
        written = written.settle(refused)
        stop = next((v for v in refused.values() if v.hold or v.failing), stop)
    return written


async def changed(change: Change, into: str, members: Sequence[Member]) -> Verdicts:
    """Make one *change*; where there is no answer, that is what it came to."""
    try:
        return await change(into, members)
    except httpx.TransportError as error:
        return dict.fromkeys([one.record_id for one in members], failed(error))
