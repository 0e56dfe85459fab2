"""Destinations: what the fields of a Salesforce lead, and of its opportunity, say became of it.

Vendor: the Object Reference, Lead, Opportunity and LeadStatus.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from leadshare.client.answers.json_values import text
from leadshare.destinations.salesforce.outcomes.streams import Sign
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.lifecycle.statuses import names, state_of
from leadshare.times import read

Row = Mapping[str, Any]

NEW: Final = ("Open - Not Contacted", "New")
"""Statuses of Salesforce's own that say nothing yet."""

STATUSES: Final[Mapping[str, State]] = {
    "Working - Contacted": State.WORKING,
    "Working": State.WORKING,
    "Contacted": State.WORKING,
    "Nurturing": State.WORKING,
    "Qualified": State.WORKING,
    "Closed - Converted": State.WORKING,
    "Closed - Not Converted": State.LOST,
    "Unqualified": State.LOST,
}
"""What others mean, in orgs that have left the picklist as it came. Only `IsConverted` tells of a
conversion: a status may have any name."""

LEAD: Final = (
    *("Id", "SystemModstamp", "LastModifiedDate", "LastModifiedById", "CreatedById", "OwnerId"),
    *("Status", "IsConverted", "ConvertedOpportunityId"),
)
"""What is read of a lead, besides our key."""

LEAD_IF_VISIBLE: Final = (
    *("FirstCallDateTime", "FirstEmailDateTime", "IsUnreadByOwner"),
    *("HasOptedOutOfEmail", "DoNotCall"),
)
"""What is read besides where the org has it (the first two come with Sales Engagement) and our user
sees it."""

OPPORTUNITY: Final = ("Id", "SystemModstamp", "StageName", "IsWon", "IsClosed", "Amount")
OPPORTUNITY_IF_VISIBLE: Final = ("CurrencyIsoCode",)
"""An org of one currency has no such field."""

_OPT_OUTS: Final = ("HasOptedOutOfEmail", "DoNotCall")
_FIRSTS: Final = ("FirstCallDateTime", "FirstEmailDateTime")
_PERSON: Final = "005"
"""How the ids of users begin; a queue has others."""

_ID: Final = 15
"""Characters of an id that matter: the last three only check the case of the others."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one must know of an org, and of how it is configured, to read its leads."""

    source: str
    key: str
    """The field that holds the lead id."""
    told: Mapping[str, State | str]
    """What statuses mean, as it is configured."""
    new: frozenset[str]
    """Statuses that a lead has from its creation, in this org and by our mapping."""
    nobody: frozenset[str]
    """Ids of users who are no persons: our own, and Salesforce's."""
    currency: str = ""
    """The org's only one, "" if it has several or does not tell."""
    us: str = ""
    """The id of our own user."""

    def is_sign(self, act: Sign, row: Row) -> bool:
        """Say whether *act* was done by a person, and is not what we had asked for."""
        ours = bool(self.us) and act.made_by[:_ID] == self.us[:_ID]
        return not ours and self.is_person(act.by, row)

    def is_person(self, user: object, row: Row) -> bool:
        """Say whether *user* is somebody else than who made *row*, and no automation."""
        one, maker = text(user)[:_ID], text(row.get("CreatedById"))[:_ID]
        return one.startswith(_PERSON) and one not in {maker, *(u[:_ID] for u in self.nobody)}


def outcome_of(
    row: Row, opportunity: Row | None, reading: Reading, signs: Iterable[datetime] = ()
) -> Outcome:
    """Return what *row*, a lead, and the *opportunity* that it was converted to tell.

    *signs* are when persons did something else for it. What changed it last is known, not what
    that changed, so that a flag that we may have set ourselves is no word of the customer's.
    """
    changed_at, by_person = _at(row), reading.is_person(row.get("LastModifiedById"), row)
    deal = opportunity or {}
    status = text(deal.get("StageName")) or text(row.get("Status"))
    state = _of_deal(row, deal) or _of_status(text(row.get("Status")), reading, theirs=by_person)
    told = [*signs, *filter(None, (_time(row, name) for name in _FIRSTS))]
    if by_person and state is not None:
        told.append(_time(row, "LastModifiedDate") or changed_at)
    if row.get("IsUnreadByOwner") is False and reading.is_person(row.get("OwnerId"), row):
        told.append(changed_at)
    return Outcome(
        lead=text(row.get(reading.key)),
        source=reading.source,
        at=max(changed_at, _time(deal, "SystemModstamp") or changed_at),
        state=state,
        status=status,
        money=_money(deal, reading) if state is State.WON else None,
        signed_at=min(told, default=None),
        opted_out=by_person and any(row.get(name) is True for name in _OPT_OUTS),
    )


def _of_deal(row: Row, deal: Row) -> State | None:
    """Return what a conversion came to; None for a lead that was not converted.

    One that became a contact alone has no deal, yet a person has worked on it.
    """
    if row.get("IsConverted") is not True:
        return None
    if deal.get("IsWon") is True:
        return State.WON
    if deal.get("IsClosed") is True:
        return State.LOST
    return State.OPPORTUNITY if row.get("ConvertedOpportunityId") else State.WORKING


def _of_status(status: str, reading: Reading, *, theirs: bool) -> State | None:
    """Return what *status* means; one that nobody has named is a person's work if *theirs*."""
    if names(reading.told, status) or names(STATUSES, status):
        return state_of(status, reading.told, STATUSES)
    if not theirs or names((*NEW, *reading.new), status):
        return None
    return State.WORKING


def _money(deal: Row, reading: Reading) -> Money | None:
    amount = deal.get("Amount")
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        return None
    return Money(Decimal(amount), text(deal.get("CurrencyIsoCode")) or reading.currency)


def _at(row: Row) -> datetime:
    """Return when *row* changed; `ValueError` where it does not tell."""
    found = _time(row, "SystemModstamp")
    if found is None:
        raise ValueError("a row without its time")
    return found


def _time(row: Row, name: str) -> datetime | None:
    return read(text(row.get(name)))
