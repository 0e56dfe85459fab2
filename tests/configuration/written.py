"""A configuration file that is written from values, and where each of them stands in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from leadshare.errors import Place


def value(told: Any) -> str:
    """A value as TOML has it, on one line."""
    if isinstance(told, dict):
        return f"{{ {', '.join(f'{json.dumps(k)} = {value(v)}' for k, v in told.items())} }}"
    if isinstance(told, list):
        return f"[{', '.join(map(value, told))}]"
    if isinstance(told, date):
        return told.isoformat()
    if isinstance(told, float):
        return repr(told)
    return json.dumps(told, ensure_ascii=False)


class Writer:
    """Writes a file and notes on which line each table and key is."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.lines: list[str] = []
        self.where: dict[Place, int] = {}
        self.tables: list[tuple[str, Place, dict[str, Any]]] = []
        self.keys((), data)
        for header, place, table in self.tables:
            self.lines += ["", header]
            self.where[place] = len(self.lines)
            self.keys(place, table)

    def keys(self, place: Place, table: dict[str, Any]) -> None:
        for key, told in table.items():
            here = (*place, key)
            if len(place) < 2 and isinstance(told, dict) and key != "rate":
                self.tables.append((f"[{'.'.join(map(str, here))}]", here, told))
            elif (
                len(place) < 2
                and isinstance(told, list)
                and all(isinstance(t, dict) for t in told)
                and told
            ):
                name = ".".join(map(str, here))
                self.tables += [(f"[[{name}]]", (*here, i), one) for i, one in enumerate(told)]
            else:
                self.lines.append(f"{json.dumps(key)} = {value(told)}")
                self.where[here] = len(self.lines)

    @property
    def text(self) -> str:
        return "\n".join([*self.lines, ""])

    def line(self, place: Place) -> int:
        """The line of a place, or of the table that it would be in."""
        return next(
            self.where[p] for end in range(len(place), 0, -1) if (p := place[:end]) in self.where
        )


def places(told: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every place in a file, with what is there."""
    parts = (
        told.items()
        if isinstance(told, dict)
        else enumerate(told)
        if isinstance(told, list)
        else ()
    )
    for part, inner in parts:
        yield (*place, part), inner
        yield from places(inner, (*place, part))


def within(told: Any, place: Place) -> Any:
    """What is at a place."""
    for part in place:
        told = told[part]
    return told
