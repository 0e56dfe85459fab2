"""Use case: pages of rows out of several partitions, in the order of their keys."""

from __future__ import annotations

import asyncio
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from leadshare.core.rows import PARTITIONS, Row, Table
from leadshare.errors import BadRequest


@dataclass(frozen=True, slots=True)
class List:
    """What a list is of, and what it tells of each row."""

    name: str
    span: tuple[str, str]
    where: Mapping[str, str]
    columns: Sequence[str]
    tell: Callable[[Row], dict[str, Any]]
    partitions: Sequence[str] = PARTITIONS


async def page(table: Table, rows_of: List, limit: int, after: str) -> dict[str, Any]:
    """Return one page of a list, and the token of the next if there is one."""
    start, end = rows_of.span
    if after:
        key = _key_of(after)
        if not start <= key < end:
            raise BadRequest(_NEXT)
        start = f"{key}\0"
    reads = (
        table.read(p, start, end, limit=limit + 1, columns=rows_of.columns, where=rows_of.where)
        for p in rows_of.partitions
    )
    found = [row for part in await asyncio.gather(*reads) for row in part]
    rows = sorted(found, key=lambda row: row.key)
    told: dict[str, Any] = {rows_of.name: [rows_of.tell(row) for row in rows[:limit]]}
    if len(rows) > limit:
        told["next"] = urlsafe_b64encode(rows[limit - 1].key.encode()).decode()
    return told


def _key_of(token: str) -> str:
    try:
        return b64decode(token, altchars=b"-_", validate=True).decode()
    except (Base64Error, ValueError):
        raise BadRequest(_NEXT) from None


_NEXT: Final = "after: expected the token that a page gave as `next`"
