"""Store: pages of rows out of several partitions, in the order of their keys."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from leadshare.errors import BadRequest
from leadshare.store.keys import PARTITIONS, behind
from leadshare.store.reading import everywhere
from leadshare.store.table import Row, Table


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list is of, and what it shows of each row."""

    name: str
    span: tuple[str, str]
    where: Mapping[str, str]
    columns: Sequence[str]
    show: Callable[[Row], dict[str, object]]
    partitions: Sequence[str] = PARTITIONS


async def page(table: Table, query: ListQuery, limit: int, after: str) -> dict[str, object]:
    """Return one page of a list, and the token of the next if there is one."""
    start, end = query.span
    if after:
        key = _key_of(after)
        if not start <= key < end:
            raise BadRequest(_NEXT)
        start = behind(key)
    found = await everywhere(
        table,
        (start, end),
        limit=limit + 1,
        columns=query.columns,
        where=query.where,
        partitions=query.partitions,
    )
    rows = found.rows
    result: dict[str, object] = {query.name: [query.show(row) for row in rows[:limit]]}
    if len(rows) > limit:
        result["next"] = urlsafe_b64encode(rows[limit - 1].key.encode()).decode()
    return result


def _key_of(token: str) -> str:
    try:
        return b64decode(token, altchars=b"-_", validate=True).decode()
    except (Base64Error, ValueError):
        raise BadRequest(_NEXT) from None


_NEXT: Final = "after: expected the token that a page gave as `next`"
