"""Marketplace table: a row of it, as the POST that the marketplace makes otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from leadshare.errors import Unreadable
from leadshare.identity import Identity
from leadshare.intake import LARGEST
from leadshare.intake.body import PERSON, lower_keys, read_object
from leadshare.times import EPOCH, read

OPENED: Final = datetime(2010, 1, 1, tzinfo=UTC)
"""Azure did not sell before: an earlier time was never set."""

CUTS: Final = (2048, 256)
"""Characters that are taken of each text of a row too large for a message: the first that fit.

Classify reads 1,024 of them. Microsoft's own row keeps all.
"""

_COLUMNS: Final = {
    "LeadSource": "leadsource",
    "ActionCode": "actioncode",
    "OfferTitle": "offerdisplayname",
    "Description": "description",
}
"""What a POST calls these columns, whose names are read in any case."""


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One row as it was read; `written` is the service's Timestamp."""

    partition: str
    key: str
    written: datetime
    values: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TableTouch:
    """A touch that a row tells of; read again, the row tells of the same.

    Its id goes by the row's keys and by all that is read of it, so that a row which somebody
    changed tells of another, which may belong to another contact.
    """

    id: str
    received: datetime
    body: bytes = field(repr=False)
    cut: bool
    """Whether the row was too large, so that only the front of its texts is taken."""


def touch_of(row: LeadRow, identity: Identity) -> TableTouch:
    """Return the touch that *row* tells of."""
    values = lower_keys(dict(row.values))
    body = _body(row, values)
    cuts = iter(CUTS)
    cut = False
    while len(body) > LARGEST:
        body, cut = _body(row, values, next(cuts)), True
    written = _received(values.get("createdtime"), row.written)
    return TableTouch(identity.row_fingerprint(body), written, body, cut)


def _body(row: LeadRow, values: Mapping[str, object], longest: int | None = None) -> bytes:
    """Write the POST that the marketplace would make, each text at most so long."""
    person = _person(_text(values.get("customerinfo")))
    if longest is not None:
        person = _front(person, longest)
    body = {
        "UserDetails": person,
        **{name: _text(values.get(column))[:longest] for name, column in _COLUMNS.items()},
        # Where the row is to be found, should a person have to look.
        "Row": [row.partition, row.key],
    }
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _person(text: str) -> dict[str, Any] | str:
    """Return the person in CustomerInfo; the text as it came, where it is no JSON object."""
    if not text.strip():
        return {}  # Microsoft withholds persons of some domains.
    try:
        return read_object(text.encode("utf-8", "surrogatepass"))
    except Unreadable:
        return text


def _front(person: dict[str, object] | str, longest: int) -> dict[str, str] | str:
    if isinstance(person, str):
        return person[:longest]
    known = lower_keys(person)
    return {name: _text(known.get(name))[:longest] for name in PERSON.values()}


def _received(created: object, written: datetime) -> datetime:
    """Return when the customer acted: CreatedTime where it can be that, else *written*."""
    time = created if isinstance(created, datetime) else read(_text(created))
    time = time if time is None or time.tzinfo else time.replace(tzinfo=UTC)
    return time if time is not None and OPENED <= time <= written else max(written, EPOCH)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
