"""Destinations: Zoho's campaigns, whose members are leads, and the contacts that leads became.

Vendor: the related records of zoho/crm-oas v8.0 (related_records.json). Being a member is a state:
who is one already is told as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

import httpx

from leadshare.deliveries.delivery import Accepted
from leadshare.destinations.campaigns import Change, Member
from leadshare.destinations.errors import Refused
from leadshare.destinations.replies import Verdict, Verdicts
from leadshare.destinations.zoho.answers import faults, judge
from leadshare.destinations.zoho.calls import Line, data, id_in

NONE: Final = {"INVALID_DATA", "NOT_ALLOWED"}
"""Codes of a record that is no member, where it is to be one no longer."""

_ABSENT: Final = {204, 400, 404}
"""Statuses of a campaign that is not there; a wrong id is 400."""


def members(line: Line, *, leave: bool = False) -> Change:
    """Return what makes records members of a campaign, or takes them off it.

    A record's id is told with its module, `Leads/42`.
    """

    async def change(into: str, some: Sequence[Member]) -> Verdicts:
        modules: dict[str, dict[str, Member]] = defaultdict(dict)
        for one in some:
            module, _, number = one.record_id.partition("/")
            modules[module][number] = one
        verdicts: dict[str, Verdict] = {}
        for module, ours in modules.items():
            path = f"/Campaigns/{quote(into, safe='')}/{module}"
            if leave:
                answer = await line.call("DELETE", f"{path}?ids={','.join(ours)}")
            else:
                answer = await line.call("PUT", path, json={"data": [{"id": one} for one in ours]})
            verdicts |= _judged(answer, [*ours.values()], line, leave=leave)
        return verdicts

    return change


def _judged(
    answer: httpx.Response, some: Sequence[Member], line: Line, *, leave: bool
) -> dict[str, Verdict]:
    rows = data(answer)
    if rows is None or len(rows) != len(some):
        whole = line.refuses(answer, [one.delivery for one in some])
        return {one.record_id: whole for one in some}
    return {
        one.record_id: Verdict(Accepted())
        if leave and faults(row)[0].code in NONE
        else judge(row, one.delivery, answer.status_code)
        for one, row in zip(some, rows, strict=True)
    }


async def lacking(line: Line, campaigns: Mapping[str, str]) -> list[str]:
    """Return those of *campaigns* that are not there."""
    return [one for one, into in campaigns.items() if not await _is_there(line, into)]


async def _is_there(line: Line, into: str) -> bool:
    if not id_in({"id": into}):
        return False
    answer = await line.call("GET", f"/Campaigns/{into}?fields=id")
    if answer.is_success or answer.status_code in _ABSENT:
        return bool(answer.is_success and data(answer))
    raise Refused(line.refuses(answer, ()).reason)
