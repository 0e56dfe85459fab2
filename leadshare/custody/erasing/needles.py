"""Custody: what a person is searched by in what nobody could read, however it is encoded there."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote_to_bytes

DEPTH: Final = 4
"""Encodings within each other that are taken off: an envelope's base64, and what is in it."""

_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_ESCAPE: Final = re.compile(rb"\\+u([0-9A-Fa-f]{4})")
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_BETWEEN: Final = r"[\s()./\u2010-\u2015-]*"
"""What may stand between the digits of a number."""


@dataclass(frozen=True)
class Needles:
    """E-mail addresses in one spelling or as they were typed, and the last digits of numbers."""

    emails: frozenset[str] = field(default=frozenset(), repr=False)
    phones: frozenset[str] = field(default=frozenset(), repr=False)

    def are_in(self, content: bytes) -> bool:
        """Say whether any of them is in *content*: plain, escaped, for URLs or in base64."""
        texts = (view.decode("utf-8", "replace") for view in _views(content))
        return any(map(self._pattern.search, texts))

    def __bool__(self) -> bool:
        """Say whether there is anything to search by."""
        return bool(self.emails or self.phones)

    def to_column(self) -> dict[str, list[str]]:
        """Return them as `read` reads them."""
        return {"emails": sorted(self.emails), "phones": sorted(self.phones)}

    @classmethod
    def read(cls, column: dict[str, Any]) -> Needles:
        """Read what `to_column` wrote."""
        return cls(frozenset(column["emails"]), frozenset(column["phones"]))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # No address that ends or begins with another is that.
        emails = (rf"(?<![\w.+-]){re.escape(one)}(?![\w-]|\.\w)" for one in self.emails)
        phones = (rf"{_BETWEEN.join(one)}(?!\d)" for one in self.phones)
        return re.compile("|".join((*emails, *phones)) or r"(?!)", re.IGNORECASE)


def _views(content: bytes) -> Iterator[bytes]:
    """Yield *content*, and all that it may be with encodings taken off, each once."""
    seen, layer = {content}, [content]
    yield content
    for _ in range(DEPTH):
        found = {one for view in layer for one in _decoded(view)} - seen
        yield from found
        seen |= found
        layer = [*found]


def _decoded(view: bytes) -> Iterable[bytes]:
    """Yield what *view* may be with one encoding taken off."""
    if b"\0" in view:
        yield view.replace(b"\0", b"")  # UTF-16
    if b"\\" in view:
        yield _ESCAPE.sub(_character, view).replace(b"\\/", b"/").replace(b'\\"', b'"')
    if b"%" in view:
        yield unquote_to_bytes(view)
    for run in _BASE64.finditer(view):
        text = run[0].translate(_STANDARD)
        for start in range(4):  # wherever a group of four may begin
            part = text[start:]
            part = part[:-1] if len(part) % 4 == 1 else part
            yield b64decode(part + b"=" * (-len(part) % 4))


def _character(found: re.Match[bytes]) -> bytes:
    return chr(int(found[1], 16)).encode("utf-8", "surrogatepass")
