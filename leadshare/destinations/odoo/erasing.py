"""Destinations: persons are taken out of Odoo: leads that our user made and nobody converted.

A lead is deleted whole, with its chatter (tests/odoo). It is not anonymised: its external id would
stay, which only administrators may take away, and by which what comes later would go into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import httpx

from leadshare.deliveries.delivery import Delivery, Reply
from leadshare.destinations.erasing import UNFORGOTTEN, Standing, did, forget
from leadshare.destinations.odoo.answers import Unusable, fault, whole
from leadshare.destinations.odoo.api import Api, There
from leadshare.destinations.odoo.fields import LEAD
from leadshare.destinations.odoo.load import Load
from leadshare.destinations.odoo.steps import OWNER, tasks
from leadshare.destinations.replies import Verdict, Verdicts, every, failed
from leadshare.destinations.settings import Erasure
from leadshare.destinations.steps import refusing
from leadshare.destinations.writing.policy import Did

READ: Final = (OWNER, "create_uid", "date_conversion")


async def take_out(
    api: Api, load: Load, deliveries: Sequence[Delivery], now: datetime, how: Erasure
) -> Reply:
    """Take persons out; see `Destination.forget`."""
    try:
        ids = await api.ids(deliveries)
        there = await api.leads(ids, READ)
        user = await api.user() if there else 0
    except Unusable as error:
        return every(deliveries, refusing(whole(error.response, now), UNFORGOTTEN))
    stand = {
        one.lead: _standing(there.get(one.lead), ids.get(one.lead, 0), user) for one in deliveries
    }

    async def erase(ours: Sequence[Delivery]) -> Verdicts:
        return {one.lead: await _delete(api, ids[one.lead], now) for one in ours}

    return await forget(deliveries, stand, erase, tasks(load, there, now), how)


def _standing(lead: There | None, number: int, user: int) -> Standing:
    """Return whose a lead is: one that others were merged into is theirs, and one with a customer.

    A lost one is ours, as far as nobody has made a customer of it.
    """
    if lead is None:
        return Standing.GONE
    row = lead.row
    made = row["id"] == number and isinstance(row["create_uid"], list) and user in row["create_uid"]
    sold = row["won_status"] == "won" or row["date_conversion"] or row["partner_id"]
    return Standing.OURS if made and not sold else Standing.THEIRS


async def _delete(api: Api, number: int, now: datetime) -> Verdict:
    try:
        await api.ask(bool, LEAD, "unlink", ids=[number])
    except Unusable as error:
        if fault(error.response)[0] != "MissingError":
            return refusing(whole(error.response, now), UNFORGOTTEN)
    except httpx.TransportError as error:
        return failed(error)
    return did(Did.DELETED)
