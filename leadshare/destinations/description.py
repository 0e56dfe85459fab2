"""Destinations: what a destination says of its fields, and what of ours it would refuse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from leadshare.destinations.writing.mapping import Value
from leadshare.reason import Problem

SOON: Final = timedelta(days=30)
"""A secret that expires within this is told."""

REMINDED: Final = timedelta(days=2)
"""One that has been replaced is told this long before its last day."""


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One field as the destination describes it."""

    kind: Literal["text", "number", "boolean"] = "text"
    length: int | None = None
    """UTF-16 units that a text may have; None where the destination does not say."""
    choices: frozenset[str] | None = None
    """The only values that it takes, as texts; None for any."""
    writable: bool = True
    required: bool = False
    """Whether a new record must have it."""
    label: str = ""
    """What the system's users call it, in their language."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a destination says of itself once signed in to."""

    fields: Mapping[str, FieldFacts] | None = None
    """None where it has no fields of its own, as a webhook's receiver."""
    key_unique: bool | None = None
    """Whether the field that holds our id is there and unique; None where there is none."""
    timeline_lacks: str = ""
    """The right, object or field without which no entry gets into the timeline; "" for none."""
    tasks_lack: str = ""
    """The right, object or field without which no task can be given to people; "" for none."""
    erasure_lacks: str = ""
    """The right without which persons cannot be taken out as `erase` says; "" for none."""
    expires: datetime | None = None
    """When the first of its secrets ends, where that can be known."""
    replaced_until: date | None = None
    """The last day of a secret that has been replaced, where there is one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person must mend."""

    problem: str
    """A stable code, such as `field_missing`."""
    field: str = ""
    value: str = ""
    """The value of ours that is refused, where it is not a person's."""
    leads: int = 0
    """How many recent leads it would have failed."""


def findings(
    description: Description,
    records: Sequence[Mapping[str, Value]],
    mapped: Iterable[str],
    public: frozenset[str],
    now: datetime,
) -> list[Finding]:
    """Return what would fail, worst first.

    *records* are recent leads as they would be written, *mapped* the names of all fields that
    may be, *public* those whose values tell nothing of a person.
    """
    found: list[Finding] = []
    if description.key_unique is False:
        found.append(Finding(Problem.KEY_NOT_UNIQUE, leads=len(records)))
    if description.fields is not None:
        for name in mapped:
            found += _of_field(name, description.fields.get(name), records, name in public)
        for name, facts in description.fields.items():
            lacking = sum(name not in record for record in records)
            if facts.required and lacking:
                found.append(Finding(Problem.FIELD_REQUIRED, name, leads=lacking))
    beside = {
        Problem.TIMELINE_NOT_READY: description.timeline_lacks,
        Problem.TASKS_NOT_READY: description.tasks_lack,
        Problem.ERASURE_NOT_READY: description.erasure_lacks,
    }
    found += [Finding(problem, name) for problem, name in beside.items() if name]
    if description.expires is not None and description.expires - now < SOON:
        ended = description.expires <= now
        found.append(Finding(Problem.SECRET_EXPIRED if ended else Problem.SECRET_EXPIRES_SOON))
    if description.replaced_until is not None:
        found += _of_replaced(description.replaced_until, now)
    return sorted(found, key=lambda finding: (-finding.leads, finding.problem, finding.field))


def _of_replaced(until: date, now: datetime) -> list[Finding]:
    """Return what is to be done about a secret that has been replaced, if it is time to."""
    if until < now.date():
        return [Finding(Problem.PREVIOUS_SECRET_ENDED)]
    if until - now.date() <= REMINDED:
        return [Finding(Problem.PREVIOUS_SECRET_ENDS_SOON)]
    return []


def _of_field(
    name: str,
    facts: FieldFacts | None,
    records: Sequence[Mapping[str, Value]],
    public: bool,  # noqa: FBT001 - a fact, no switch
) -> list[Finding]:
    """Return what would fail for one field; each refused value once."""
    written = [record[name] for record in records if name in record]
    if facts is None:
        return [Finding(Problem.FIELD_MISSING, name, leads=len(written))]
    if not facts.writable:
        return [Finding(Problem.FIELD_READ_ONLY, name, leads=len(written))]
    counts: dict[tuple[str, str], int] = {}
    for value in written:
        if problem := _refused(facts, value):
            # Of a text that is too long or of the wrong kind, the value itself helps nobody.
            shown = str(value) if public and problem == Problem.VALUE_NOT_ALLOWED else ""
            counts[problem, shown] = counts.get((problem, shown), 0) + 1
    return [Finding(problem, name, shown, leads) for (problem, shown), leads in counts.items()]


def _refused(facts: FieldFacts, value: Value) -> str:
    if facts.choices is not None:
        return "" if str(value) in facts.choices else Problem.VALUE_NOT_ALLOWED
    if facts.kind == "number" and not isinstance(value, int):
        return Problem.VALUE_IS_NO_NUMBER
    if facts.kind == "boolean" and not isinstance(value, bool):
        return Problem.VALUE_IS_NO_BOOLEAN
    if facts.length is not None and len(str(value).encode("utf-16-le")) > 2 * facts.length:
        return Problem.VALUE_TOO_LONG
    return ""
