"""Operators: the form of what is told of erasures, objections and exports."""

from __future__ import annotations

from typing import Any

from leadshare.custody.erasing.staying import Stays as _Stays
from leadshare.operators.description.values import LACKING, Answer, Instant, Lead, Once, model_of

STAYS: Any = model_of(_Stays)


class Records(Answer):
    """What a destination may have of a person."""

    destination: str
    records: int
    does: str
    """What is done there: `delete`, `anonymise`, `task`; `stays`, or `by_hand`."""


class Erased(Answer):
    """What an order to erase would do, or what it began."""

    dry_run: bool
    rows: dict[str, int]
    """How many rows go, by kind; of Microsoft's table and quarantine those that were found."""
    contacts: int = LACKING
    """The addresses and numbers that are this person's."""
    persons: int = LACKING
    """How many persons write from there: all of it goes."""
    who: list[str] = LACKING
    """Their names, where persons are shown."""
    shared_phones: int = LACKING
    """Numbers that others have as well: what came from those alone is left."""
    leads: list[Lead] = LACKING
    destinations: list[Records] = LACKING
    stays: list[STAYS] = LACKING
    """What stays, where, and until when."""
    token: str = LACKING
    """Of a dry run: the order with it does exactly this, or nothing."""
    order: str = LACKING
    """Of an order: by what its certificate is asked for."""


class ByHand(Answer):
    """A record out of which people have to take the person."""

    destination: str
    lead: Lead
    record_id: str
    reason: str


class Certificate(Answer):
    """What was done of an order to erase; it names nobody."""

    order: str
    at: Instant
    complete: bool
    complete_at: Once
    waits_for: list[str]
    """`records` that systems are asked to erase, or `queues` whose messages are of before."""
    contacts: int
    shared_phones: int
    rows: dict[str, int]
    records: dict[str, dict[str, int]]
    """By destination: how many were `deleted`, `anonymised`, given as a `task`, `not_there`, left
    `by_hand`, or stay."""
    by_hand: list[ByHand]
    searched_at: Once
    """When quarantine and Microsoft's table were searched last."""
    continued_by: str
    """The order that does the rest, where somebody ordered anew meanwhile."""
    stays: list[STAYS] = LACKING


class Certificates(Answer):
    """The certificates that are kept, newest first."""

    erasures: list[Certificate]


class Objected(Answer):
    """What an objection is about."""

    contacts: int
    leads: int
    shared_phones: int


class Exported(Answer):
    """What is held about a person."""

    export: dict[str, Any]
    """Empty where several persons write from that address and none is chosen."""
    others: list[dict[str, Any]]
    """Who else does, with the number by which they are chosen: not for the person."""
