"""Books: the lines of a file, read as it comes: never more than one of them is in memory."""

from __future__ import annotations

import asyncio
import csv
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator, Sequence
from typing import Final

from leadshare.books.book import Line
from leadshare.books.faults import Spoilt
from leadshare.reason import BookFault

LONGEST: Final = 64 * 1024
"""Characters of a line at most."""


async def read_lines(pieces: AsyncIterator[bytes], columns: Sequence[str]) -> AsyncIterator[Line]:
    """Yield the lines of a CSV file in UTF-8; `Spoilt` where one is not as the first says.

    All of *columns* must be there, in any order and case.
    """
    names: list[str] = []
    async for record in _records(pieces):
        told = _cells(record)
        if not names:
            names = [name.strip().lower() for name in told]
            if not {name.lower() for name in columns} <= {*names}:
                raise Spoilt(BookFault.COLUMN_MISSING)
        elif len(told) != len(names):
            raise Spoilt(BookFault.LINE_UNREADABLE)
        else:
            yield dict(zip(names, told, strict=True))
    if not names:
        raise Spoilt(BookFault.FILE_EMPTY)


async def _records(pieces: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Yield text from one end of a line to the next; within quotes none ends."""
    decoder = getincrementaldecoder("utf-8-sig")()
    kept = ""
    async for piece in pieces:
        await asyncio.sleep(0)  # what is there already is read without waiting; others wait, too
        try:
            *ended, left = decoder.decode(piece).split("\n")
        except UnicodeDecodeError:
            raise Spoilt(BookFault.NOT_UTF_8) from None
        for text in ended:
            kept += text
            if kept.count('"') % 2:
                kept += "\n"
                continue
            if kept.strip():
                yield kept
            kept = ""
        kept += left
        if len(kept) > LONGEST:
            raise Spoilt(BookFault.LINE_UNREADABLE)
    if kept.strip():
        yield kept


def _cells(record: str) -> list[str]:
    try:
        (told,) = csv.reader([record.rstrip("\r")], strict=True)
    except (csv.Error, ValueError):
        raise Spoilt(BookFault.LINE_UNREADABLE) from None
    return told
