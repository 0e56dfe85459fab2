"""Custody: what an erasure cannot reach, where it is and for how long: told before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypedDict

from leadshare.custody.erasing.planning import System, Systems
from leadshare.deliveries import ledger


class Stays(TypedDict):
    """One thing that stays."""

    what: str
    where: str
    until: str


EVERYWHERE: Final[tuple[Stays, ...]] = (
    {
        "what": "ids of leads, which tell of a person only whoever has the identity key",
        "where": "logs",
        "until": "logRetentionDays of the deployment, 90 unless told",
    },
    {
        "what": "a keyed hash of the address, which keeps out what was sent before",
        "where": "the table, as the contact's row",
        "until": "retention of tombstones",
    },
    {
        "what": "the addresses, to search what comes late by",
        "where": "the table, in one row of the erasure",
        "until": "the certificate says complete, after seven days at most",
    },
)

_DELETED: Final[Mapping[str, Stays]] = {
    # Salesforce Help, "Manage Records in the Recycle Bin": 15 days.
    "salesforce": {
        "what": "a deleted record",
        "where": "Recycle Bin",
        "until": "15 days, or until somebody empties it",
    },
    # HubSpot knowledge base, "Perform a permanent delete": by import and form it is blocked.
    "hubspot": {
        "what": "nothing; but the address can be written again through the API",
        "where": "HubSpot",
        "until": "leadshare itself keeps out what was sent before",
    },
}
"""What a system keeps of a record that was deleted, by its type."""

_SENT: Final[Stays] = {
    "what": "what was sent to people",
    "where": "their channel, chat or mailbox",
    "until": "they delete it",
}

_TASK: Final[Stays] = {
    "what": "the record",
    "where": "the system, with a task to erase it",
    "until": "the task is done",
}


def staying(destinations: Iterable[str], systems: Systems) -> list[Stays]:
    """Return what stays of a person who was told to *destinations*."""
    told = ((name, _of(systems.get(name))) for name in sorted(set(destinations)))
    named: list[Stays] = [
        {**stays, "where": f"{name}: {stays['where']}"} for name, stays in told if stays
    ]
    return [*EVERYWHERE, *named]


def _of(system: System | None) -> Stays | None:
    if system is None or system.does == "task":
        return _TASK
    if system.does == ledger.STAYS:
        return _SENT
    return _DELETED.get(system.kind) if system.does == "delete" else None
