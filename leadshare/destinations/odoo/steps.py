"""Destinations: steps of tracks in Odoo: activities of leads, and internal notes in their chatters.

By `load`, whose external ids keep each step to one record (addons/mail/models/mail_activity.py).
Neither leaves a message that would be a sign of a person; an activity that a person has done does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from leadshare.deliveries.delivery import Delivery, Reply
from leadshare.destinations.odoo.answers import Unusable, whole
from leadshare.destinations.odoo.api import Api, There
from leadshare.destinations.odoo.fields import MODULE
from leadshare.destinations.odoo.load import Load, Row
from leadshare.destinations.odoo.timeline import CONTEXT, MESSAGE, message
from leadshare.destinations.replies import Verdict, Verdicts, every
from leadshare.destinations.steps import (
    UNDONE,
    Take,
    missing,
    note,
    step_of,
    subject,
    take,
    text,
    unless,
    until,
)
from leadshare.destinations.writing.mapping import TRANSFORMS
from leadshare.destinations.writing.timeline import Owed
from leadshare.lifecycle.step import Verb
from leadshare.reason import Vendor

ACTIVITY: Final = "mail.activity"

OWNER: Final = "user_id"
"""The field of a lead that says who sells it."""


async def take_steps(api: Api, load: Load, deliveries: Sequence[Delivery], now: datetime) -> Reply:
    """Carry out steps of leads that are there, or of what they were merged into."""
    try:
        there = await api.leads(await api.ids(deliveries), [OWNER])
    except Unusable as error:
        return every(deliveries, whole(error.response, now))

    async def tell_notes(some: Sequence[Delivery]) -> Verdicts:
        owed = [Owed(one, str(there[one.lead].row["id"]), note(step_of(one), now)) for one in some]
        return _eased(await load(MESSAGE, [message(one) for one in owed], CONTEXT, {}, now))

    lost = missing(there)
    ways = {Verb.TASK: unless(lost, tasks(load, there, now)), Verb.NOTE: unless(lost, tell_notes)}
    return await take(deliveries, ways)


def tasks(load: Load, there: Mapping[str, There], now: datetime) -> Take:
    """Return what makes activities of the leads that are *there*, for who sells them."""

    async def make(some: Sequence[Delivery]) -> Verdicts:
        rows = [_activity(one, there[one.lead], now) for one in some]
        return _eased(await load(ACTIVITY, rows, CONTEXT, {}, now))

    return make


def _eased(verdicts: Verdicts) -> Verdicts:
    """Return *verdicts*, of which one that broke Odoo's code tells nothing of Odoo itself."""
    return {
        name: UNDONE.saying(one.outcome.said) if _broke(one) else one
        for name, one in verdicts.items()
    }


def _broke(verdict: Verdict) -> bool:
    return verdict.failing and verdict.reason.startswith(Vendor.ODOO.reason(""))


def _activity(one: Delivery, lead: There, now: datetime) -> Row:
    """Return an activity as `load` takes it; without a seller it is our user's."""
    step = step_of(one)
    match lead.row[OWNER]:
        case [int(owner), *_]:
            pass
        case _:
            owner = 0
    cells = {
        "id": f"{MODULE}.step_{step.id}",
        "res_model_id/id": "crm.model_crm_lead",
        "res_id": str(lead.row["id"]),
        "activity_type_id/id": "mail.mail_activity_data_todo",
        "summary": subject(step),
        "note": TRANSFORMS["html"](text(step)),
        "date_deadline": f"{until(step, now):%Y-%m-%d}",
        "user_id/.id": str(owner or ""),
    }
    return Row(step.id, one, {name: cell for name, cell in cells.items() if cell})
