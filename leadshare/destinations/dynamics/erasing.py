"""Destinations: persons are taken out of Dynamics 365: out of leads that are ours, and our notes.

Vendor: webapi/update-delete-entities-using-web-api.md and the EqualUserId function
(MicrosoftDocs/powerapps-docs). What is deleted may be kept for up to 90 days, where an environment
is told to (restore-deleted-table-records.md, MicrosoftDocs/power-platform); audits keep values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from leadshare.deliveries.delivery import Delivery, Rejected, Reply
from leadshare.destinations.dynamics.batch import API, Operation, get
from leadshare.destinations.dynamics.environment import HEADERS, UNCONDITIONAL, Environment
from leadshare.destinations.dynamics.places import Place
from leadshare.destinations.dynamics.plans import Answers, faults, gone, operated
from leadshare.destinations.dynamics.steps import DONE, Places, Steps, ids_in, places_of
from leadshare.destinations.erasing import UNFORGOTTEN, Standing, did, forget
from leadshare.destinations.replies import Verdict, Verdicts
from leadshare.destinations.settings import Erasure
from leadshare.destinations.writing.policy import Did, erased
from leadshare.reason import Reason

QUALIFIED: Final = 1
"""statecode of a lead of which sellers have made something."""

_BY_US: Final = "Microsoft.Dynamics.CRM.EqualUserId(PropertyName='createdby')"
"""Whether our own user, whom the service knows, made a row."""


async def take_out(
    environment: Environment, deliveries: Sequence[Delivery], now: datetime
) -> Reply:
    """Take persons out; see `Destination.forget`."""
    # As if accepted: then what is not there is gone.
    ours = [replace(one, sent=1) for one in deliveries]
    places = await places_of(environment, ours, now)
    eraser = Eraser(environment, places, await _made(environment, ours, places, now), now)
    stand = {one.lead: eraser.stands(one) for one in ours}
    tasks = Steps(environment, places, now).tasks
    return await forget(ours, stand, eraser.erase, tasks, environment.settings.erase)


async def _made(
    environment: Environment, deliveries: Sequence[Delivery], places: Places, now: datetime
) -> Answers:
    """Ask which leads, and which of their notes, our own user made."""
    asked: list[tuple[Delivery, Operation]] = []
    if environment.settings.erase is Erasure.TASK:
        return {}
    for one in deliveries:
        place = places[one.lead]
        if isinstance(place, Place):
            lead = f"leads?$select=leadid&$filter=leadid eq {place.lead_id} and {_BY_US}"
            about = f"_objectid_value eq {place.lead_id} and {_BY_US}"
            notes = f"annotations?$select=annotationid&$filter={about}"
            asked += [(one, get(lead, HEADERS)), (one, get(notes, HEADERS))]
    return await operated(environment, asked, now)


@dataclass(frozen=True, slots=True)
class Eraser:
    """Leads whose persons are to be taken out, and what of them our own user made."""

    environment: Environment
    places: Places
    made: Answers
    now: datetime

    def stands(self, one: Delivery) -> Standing | Verdict:
        """Return whose a lead is: ours that our user made, and that was neither qualified nor
        merged."""
        place = self.places[one.lead]
        if isinstance(place, Verdict):
            missing = place.outcome == Rejected(Reason.DELETED_IN_CRM)
            return Standing.GONE if missing else place
        if unread := faults({one.lead: one}, self.made, UNFORGOTTEN, self.now):
            return unread[one.lead]
        qualified = place.there.get("statecode") == QUALIFIED or bool(place.opportunity)
        merged = place.lead_id != place.record_id
        ours = place.lead_id in ids_in(self.made, one.lead, "leadid")
        return Standing.OURS if ours and not qualified and not merged else Standing.THEIRS

    async def erase(self, deliveries: Sequence[Delivery]) -> Verdicts:
        """Take persons out of leads that are ours: of our notes, which hold their words, first."""
        delete = self.environment.settings.erase is Erasure.DELETE
        flat: list[tuple[Delivery, Operation]] = []
        for one in deliveries:
            place = self.places[one.lead]
            assert isinstance(place, Place), "only what is there is ours"  # noqa: S101 - see `stands`
            paths = [
                f"{API}/annotations({note})" for note in ids_in(self.made, one.lead, "annotationid")
            ]
            paths += [place.path] if delete else []
            flat += [(one, Operation("DELETE", path, UNCONDITIONAL)) for path in paths]
            if not delete:
                headers = {**UNCONDITIONAL, "If-Match": "*"}
                values = erased(self.environment.mapping)
                flat.append((one, Operation("PATCH", place.path, headers, values)))
        answers = await operated(self.environment, flat, self.now)
        ours = {one.lead: one for one in deliveries}
        kept = faults(ours, answers, UNFORGOTTEN, self.now, gone)
        done = Did.DELETED if delete else Did.ANONYMISED
        return {lead: did(done, kept.get(lead, DONE)) for lead in ours}
