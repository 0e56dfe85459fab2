"""Configuration: on which line of a TOML text each table, key and item stands."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from typing import Final

from leadshare.errors import Place

_TOKEN: Final = re.compile(
    r"""
      (?P<blank>[ \t\r]+|\#[^\n]*)
    | (?P<string>
          \"{3}(?:[^"\\]|\\.|\"{1,2}(?!\"))*\"{3,5}
        | '{3}(?:[^']|'{1,2}(?!'))*'{3,5}
        | "(?:[^"\\\n]|\\.)*"
        | '[^'\n]*'
      )
    | (?P<sign>[\[\]{}=,.\n])
    | (?P<bare>[^\s\[\]{}=,.\#"']+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ENDS: Final = {",", "]", "}", "\n", ""}
"""What a value of one word is followed by."""


def lines(text: str) -> dict[Place, int]:
    """Return the line, from 1, of each place in *text*, which must be TOML.

    `tomllib` tells no places. A table's line is that of its first header or key.
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._pieces: list[tuple[str, int]] = []
        line = 1
        for found in _TOKEN.finditer(text):
            if found.lastgroup != "blank":
                self._pieces.append((found[0], line))
            line += found[0].count("\n")
        self._pieces.append(("", line))
        self._at = 0
        self._found: dict[Place, int] = {}
        self._counts: Counter[Place] = Counter()
        """How many tables there are so far in each array of tables."""

    def scan(self) -> dict[Place, int]:
        table: Place = ()
        while self._next:
            if self._skip("\n"):
                continue
            if self._next == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    @property
    def _next(self) -> str:
        return self._pieces[self._at][0]

    def _take(self) -> str:
        token = self._next
        self._at += 1
        return token

    def _skip(self, *signs: str) -> bool:
        before = self._at
        while self._next in signs:
            self._at += 1
        return self._at > before

    def _header(self) -> Place:
        """Read `[a.b]` or `[[a.b]]`; return the place of the table that it begins."""
        self._take()
        several = self._skip("[")
        place: Place = ()
        keys = self._keys()
        for number, key in enumerate(keys):
            place = (*place, key)
            if several and number == len(keys) - 1:
                self._counts[place] += 1
            if self._counts[place]:
                self._note(place)
                place = (*place, self._counts[place] - 1)
            self._note(place)
        self._skip("]")
        return place

    def _pair(self, table: Place) -> None:
        """Read `a.b = value`."""
        for key in self._keys():
            table = (*table, key)
            self._note(table)
        self._skip("=")
        self._value(table)

    def _keys(self) -> list[str]:
        keys = [self._key()]
        while self._skip("."):
            keys.append(self._key())
        return keys

    def _key(self) -> str:
        token = self._take()
        if token[0] in "\"'":
            token = tomllib.loads(f"key = {token}")["key"]
        return token

    def _value(self, place: Place) -> None:
        opening = self._take()
        if opening == "[":
            index = 0
            while not self._ended("]"):
                self._note((*place, index))
                self._value((*place, index))
                index += 1
        elif opening == "{":
            while not self._ended("}"):
                self._pair(place)
        else:
            while self._next not in _ENDS:
                self._take()

    def _ended(self, closing: str) -> bool:
        self._skip("\n", ",")
        return self._skip_one(closing)

    def _skip_one(self, sign: str) -> bool:
        is_next = self._next == sign
        self._at += is_next
        return is_next

    def _note(self, place: Place) -> None:
        self._found.setdefault(place, self._pieces[self._at][1])
