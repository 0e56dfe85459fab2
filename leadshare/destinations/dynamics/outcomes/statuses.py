"""Destinations: what a Dynamics 365 lead, and its opportunities, say became of it.

Vendor: ce/developer/entities/lead.md and opportunity.md
(MicrosoftDocs/dynamics-365-customer-engagement), reference/entities/systemuser.md
(MicrosoftDocs/powerapps-docs).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from leadshare.client.answers.json_values import as_object, text
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.lifecycle.statuses import names, state_of
from leadshare.times import read

Row = Mapping[str, Any]

NEW: Final = ("1",)
"""The statuscode of a new lead, which says nothing yet."""

STATUSES: Final[Mapping[str, State]] = {
    "2": State.WORKING,
    "4": State.LOST,
    "5": State.LOST,
    "6": State.LOST,
    "7": State.LOST,
}
"""What others mean: 2 contacted, 4 lost, 5 cannot contact, 6 no longer interested, 7 canceled."""

QUALIFIED: Final = 1
DISQUALIFIED: Final = 2
"""statecode of a lead; 0 is open."""

WON: Final = 1
LOST: Final = 2
"""statecode of an opportunity; 0 is open."""

OPT_OUTS: Final = ("donotemail", "donotbulkemail", "donotphone")
"""Columns that are true where the customer is not to be written to, or called."""

LEAD: Final = (*("leadid", "modifiedon", "statecode", "statuscode", "merged", *OPT_OUTS),)
OPPORTUNITY: Final = (
    *("_originatingleadid_value", "modifiedon", "statecode", "statuscode"),
    *("actualvalue", "estimatedvalue"),
)
CURRENCY: Final = "transactioncurrencyid($select=isocurrencycode)"
USER: Final = "modifiedby($select=applicationid,accessmode,isdisabled)"

_PERSONS: Final = frozenset({0, 1, 2})
"""accessmode of who signs in with a page: read-write, administrative, read. Others are support
users, delegated administrators, and users that are not interactive."""

_LABEL: Final = "{}@OData.Community.Display.V1.FormattedValue"

REASON: Final = 200
"""Characters of a reason at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is read of one lead."""

    row: Row
    opportunities: Sequence[Row] = ()
    """Those that it was qualified to: there may be several."""
    acts: Sequence[Row] = ()
    """Activities about it that are completed."""


def outcome_of(found: Found, lead: str, source: str, told: Mapping[str, State | str]) -> Outcome:
    """Return what *found* tells of *lead*; *told* is what statuses mean as it is configured.

    Who changed a row last is known, not what that changed, so that a flag that we may have set
    ourselves is no word of the customer's. Raises `ValueError` where a row lacks its time.
    """
    row, deals = found.row, found.opportunities
    if row.get("merged") is True:
        return Outcome(lead, source, at(row), State.GONE)
    by_person = is_person(row)
    state = _state(row, deals, told, theirs=by_person)
    speaking = [deal for deal in deals if _of_deal(deal) == state] or [row]
    newest = max(speaking, key=at)
    signs = [_done(act) for act in found.acts if is_person(act)]
    signs += [at(row)] if by_person and state is not None else []
    return Outcome(
        lead=lead,
        source=source,
        at=max(at(one) for one in (row, *deals)),
        state=state,
        status=_label(newest),
        reason=_label(newest)[:REASON] if state is State.LOST else "",
        money=_money(speaking) if state is State.WON else None,
        signed_at=min(signs, default=None),
        opted_out=by_person and any(row.get(name) is True for name in OPT_OUTS),
    )


def is_person(row: Row) -> bool:
    """Say whether a person changed *row* last: our own user is an application's."""
    user = as_object(row.get("modifiedby"))
    signs_in = user.get("accessmode") in _PERSONS and user.get("isdisabled") is not True
    return signs_in and not user.get("applicationid")


def at(row: Row) -> datetime:
    """Return when *row* changed; `ValueError` where it does not tell."""
    found = read(text(row.get("modifiedon")))
    if found is None:
        raise ValueError("a row without its time")
    return found


def _done(act: Row) -> datetime:
    return read(text(act.get("actualend"))) or at(act)


def _state(
    row: Row, deals: Iterable[Row], told: Mapping[str, State | str], *, theirs: bool
) -> State | None:
    """Return what became of a lead: of several opportunities, the one that came furthest counts."""
    if row.get("statecode") == QUALIFIED:
        states = {_of_deal(deal) for deal in deals}
        furthest = (one for one in (State.WON, State.OPPORTUNITY, State.LOST) if one in states)
        # One that became a contact alone has no deal, yet a person has worked on it.
        return next(furthest, State.WORKING)
    status = str(row.get("statuscode"))
    if names(told, status) or names(STATUSES, status):
        return state_of(status, told, STATUSES)
    if row.get("statecode") == DISQUALIFIED:
        return State.LOST
    return State.WORKING if theirs and not names(NEW, status) else None


def _of_deal(deal: Row) -> State:
    return {WON: State.WON, LOST: State.LOST}.get(deal.get("statecode", 0), State.OPPORTUNITY)


def _money(won: Sequence[Row]) -> Money | None:
    """Return the sum of what was *won*, in the currency of what was won last."""
    values = [(_currency(deal), _value(deal)) for deal in sorted(won, key=at, reverse=True)]
    known = [(currency, value) for currency, value in values if value is not None]
    if not known:
        return None
    newest = known[0][0]
    return Money(sum((value for one, value in known if one == newest), Decimal(0)), newest)


def _value(deal: Row) -> Decimal | None:
    """Return what a deal brought, else what was expected of it."""
    for name in ("actualvalue", "estimatedvalue"):
        value = deal.get(name)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return Decimal(value)
    return None


def _currency(deal: Row) -> str:
    return text(as_object(deal.get("transactioncurrencyid")).get("isocurrencycode"))


def _label(row: Row) -> str:
    """Return what users call the statuscode of *row*, in the language of our user."""
    status = row.get("statuscode")
    return text(row.get(_LABEL.format("statuscode"))) or ("" if status is None else str(status))
