"""Destinations: what is written in a record that is there already, field by field."""

from __future__ import annotations

from collections.abc import Container, Mapping
from enum import StrEnum
from typing import Final

from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.writing.mapping import CUSTOMER, PUBLIC, Source, Value, Write
from leadshare.destinations.writing.telling import ERASED, Shown

OWN: Final = frozenset(
    {
        *("score", "reasons", "touches", "first_touch", "last_touch", "intent"),
        *("stage", "stage_at", "stage_by", "stage_why"),
        *(
            "campaign",
            "campaign_name",
            "campaign_kind",
            "first_campaign",
            "last_campaign",
            "category",
        ),
        *("action_code", "consent", "seniority", "version"),
    }
)
"""Lead fields that are leadshare's own where a publisher has made fields for them."""


WHO: Final = ("first_name", "last_name", "full_name", "company")
"""Lead fields that tell one person from another, with their employer."""

_NAMES: Final = ("last_name", "full_name", "topic")
"""Lead fields by which a record is called."""

_OF_NOBODY: Final = (OWN | {*PUBLIC, "lead", "contact"}) - {*CUSTOMER, "stage_why"}
"""Lead fields that tell of no person, ids that only leadshare can read among them."""


class Did(StrEnum):
    """How a person was taken out of a record."""

    DELETED = "deleted"
    ANONYMISED = "anonymised"
    TASK = "task"
    """People there were given the task."""
    NOT_THERE = "not_there"


def erased(mapping: Mapping[str, Source]) -> dict[str, Value | None]:
    """Return what overwrites each field of *mapping* that tells of a person; None clears it.

    What a field holds where a lead has nothing stays; what a record is called says why.
    """

    def instead(source: Source) -> Value | None:
        return ERASED if source.field in _NAMES else source.default

    told = {name: one for name, one in mapping.items() if one.field and one.field not in _OF_NOBODY}
    return {name: instead(source) for name, source in told.items()}


def policies(mapping: Mapping[str, Source], defaults: Container[str]) -> dict[str, Write]:
    """Return when each field of *mapping* is written; *defaults* are the system's own fields."""
    return {name: _policy(source, name in defaults) for name, source in mapping.items()}


def _policy(source: Source, default: bool) -> Write:  # noqa: FBT001 - a fact, no switch
    if source.write is not None:
        return source.write
    if source.field in CUSTOMER:
        return Write.FILL
    # What the system has of its own, such as a rating, is the sellers' once it is set.
    return Write.ALWAYS if source.field in OWN and not default else Write.ONCE


def shown(mapping: Mapping[str, Source], there: Mapping[str, object]) -> Shown:
    """Return whom a record that holds *there* tells of."""
    held = {str(s.field): _held(s, there.get(name)) for name, s in mapping.items()}
    return Shown(
        held.get("first_name", ""),
        held.get("last_name") or held.get("full_name", ""),
        held.get("company", ""),
    )


def changes(
    values: Mapping[str, Value],
    mapping: Mapping[str, Source],
    writes: Mapping[str, Write],
    there: Mapping[str, object],
    delivery: Delivery,
) -> dict[str, Value]:
    """Return what of *values* is written in a record that holds *there*.

    Nothing but what is leadshare's own, and what fills a gap with what the customer said since the
    record was written last; and of the latter nothing where the record tells of somebody else.
    """
    record = delivery.record
    other = shown(mapping, there).contradicts(
        record["first_name"], record["last_name"], record["company"]
    )

    def wanted(name: str, value: Value) -> bool:
        source, write = mapping[name], writes[name]
        if write is Write.ALWAYS:
            return there.get(name) != value
        if write is Write.ONCE or other or value == source.default:
            return False
        first = record["since"].get(CUSTOMER[str(source.field)], delivery.version)
        return first > delivery.sent and not _held(source, there.get(name))

    return {name: value for name, value in values.items() if wanted(name, value)}


def _held(source: Source, value: object) -> str:
    """Return the text in a field that *source* fills, "" for its placeholder."""
    return "" if value in (None, False, source.default) else str(value)
