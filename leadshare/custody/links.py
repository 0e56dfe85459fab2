"""Custody: the links of the chain: what is hashed of each, and what goes one day beside it.

Every column of a link is a text. Its hash is the SHA-256 of all columns but `hash`, `salt` and
those `BESIDE`, as JSON by RFC 8785: names sorted, no blanks, UTF-8. Those beside it tell of people;
of them, with the salt, `sealed` is the SHA-256 in the same form, and it stays when they go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

BESIDE: Final = ("by", "asked", "came_to")
"""The columns that tell who ordered what, of whom and with what result: they go, as the salt does,
which keeps anybody from finding them out by trying."""

FIRST: Final = "0" * 64
"""What the first link has for the hash of the one before."""

SHORT: Final = 16
"""Digits of a hash that are told in each line of the log."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain, by its number and hash; number 0 of one that has none."""

    number: int = 0
    hash: str = FIRST

    def __str__(self) -> str:
        """Return it as the log has it."""
        return f"{self.number} {self.hash[:SHORT]}"


def link(before: Head, told: Mapping[str, str], beside: Mapping[str, str], salt: str) -> Columns:
    """Return the columns of the link that follows the one *before*."""
    own = {"number": str(before.number + 1), "before": before.hash, **told}
    if beside:
        own["sealed"] = seal(salt, beside)
        own |= {"salt": salt, **beside}
    return own | {"hash": digest(own)}


Columns = dict[str, str]


def digest(columns: Mapping[str, Any]) -> str:
    """Return the hash of a link with these *columns*."""
    loose = ("hash", "salt", *BESIDE)
    return _sha256({name: one for name, one in columns.items() if name not in loose})


def seal(salt: str, columns: Mapping[str, Any]) -> str:
    """Return what a link keeps of what is beside it when that goes."""
    return _sha256({name: columns[name] for name in BESIDE if name in columns} | {"salt": salt})


def unnamed(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the *columns* of a link that tells of nobody any more."""
    return {name: one for name, one in columns.items() if name not in ("salt", *BESIDE)}


def _sha256(columns: Mapping[str, Any]) -> str:
    text = json.dumps(columns, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
