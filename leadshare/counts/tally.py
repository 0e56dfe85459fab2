"""Counts: a day's tally: numbers in all, and by the values of one dimension at a time."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from leadshare.counts.contribution import Of, read_cells, told_cells
from leadshare.counts.measures import DIMENSIONS, Cells, Number
from leadshare.store.table import to_json

MOST: Final = 200
"""Values of a dimension that a day tells apart at most."""

MORE: Final = "more"
"""What all other values of a dimension are counted under."""

LARGEST: Final = 14 * 1024
"""Bytes of a column, so that a row is below 100 KiB and 20 of them fit one transaction."""

TOTAL: Final = "total"
GONE: Final = "departed"
"""The columns beside those of dimensions: all numbers, and the part of them that has departed."""


@dataclass(slots=True, eq=False)
class Tally:
    """What was counted on one day."""

    total: dict[str, Number] = field(default_factory=dict)
    by: dict[str, dict[str, dict[str, Number]]] = field(
        default_factory=lambda: {name: {} for name in DIMENSIONS}
    )

    def add(self, of: Of, cells: Cells, sign: int = 1) -> None:
        """Add *cells* of something, or take them away again by a *sign* of -1."""
        _add(self.total, cells, sign)
        for name, values in of.items():
            for value in values:
                known = self.by[name]
                full = value not in known and (MORE in known or len(known) >= MOST)
                _add(known.setdefault(MORE if full else value, {}), cells, sign)

    def merge(self, other: Tally) -> None:
        """Add all of another."""
        _add(self.total, other.total, 1)
        for name, values in other.by.items():
            for value, cells in values.items():
                _add(self.by[name].setdefault(value, {}), cells, 1)

    def __eq__(self, other: object) -> bool:
        """Say whether another tells the same; a value of which nothing is counted tells nothing."""
        if not isinstance(other, Tally):
            return NotImplemented
        return self.total == other.total and self._told == other._told

    __hash__ = None  # type: ignore[assignment]  # it changes

    @property
    def _told(self) -> dict[str, dict[str, dict[str, Number]]]:
        return {
            name: {value: cells for value, cells in values.items() if cells}
            for name, values in self.by.items()
        }

    def __bool__(self) -> bool:
        """Say whether anything is counted."""
        return bool(self.total) or any(self._told.values())


def _add(into: dict[str, Number], cells: Cells, sign: int) -> None:
    for measure, number in cells.items():
        value = into.get(measure, 0) + sign * number
        if value:
            into[measure] = value
        else:
            into.pop(measure, None)


def columns(tally: Tally, gone: Tally | None = None, largest: int = LARGEST) -> dict[str, Any]:
    """Return a *tally* as columns: *gone* is the part of it that has departed, for a partition's.

    A column of a dimension that would be larger has its values of the smallest numbers as `more`.
    """
    of_dimensions = {name: _pack_values(tally.by[name], largest) for name in DIMENSIONS}
    values: dict[str, Any] = {TOTAL: _pack(told_cells(tally.total)), **of_dimensions}
    if gone is not None:
        by = {name: _told(cells) for name, cells in gone.by.items()}
        values[GONE] = _pack([told_cells(gone.total), by]) if gone else b""
    return values


def read(values: Mapping[str, Any]) -> Tally:
    """Return the tally in a row's columns, as far as they were read."""
    tally = Tally()
    if TOTAL in values:
        tally.total = read_cells(_unpack(values[TOTAL]))
    for name in DIMENSIONS:
        if name in values:
            tally.by[name] = _read_values(_unpack(values[name]))
    return tally


def read_gone(values: Mapping[str, Any]) -> Tally:
    """Return the part of a partition's row that has departed."""
    if not values.get(GONE):
        return Tally()
    total, by = _unpack(values[GONE])
    return Tally(read_cells(total), {name: _read_values(told) for name, told in by.items()})


def _told(values: Mapping[str, Cells]) -> dict[str, dict[str, int | str]]:
    # Where others are `more` a value keeps its place, or what is taken away would miss it.
    kept = MORE in values
    return {value: told_cells(cells) for value, cells in sorted(values.items()) if cells or kept}


def _read_values(told: Mapping[str, Mapping[str, int | str]]) -> dict[str, dict[str, Number]]:
    return {value: read_cells(cells) for value, cells in told.items()}


def _pack_values(values: Mapping[str, Cells], largest: int) -> bytes:
    left = dict(values)
    while len(packed := _pack(_told(left))) > largest:
        smallest = sorted(left.keys() - {MORE}, key=lambda one: (sum(left[one].values()), one))
        more = dict(left.get(MORE, {}))
        for value in smallest[: len(smallest) // 2 + 1]:
            _add(more, left.pop(value), 1)
        left[MORE] = more
    return packed


def _pack(value: object) -> bytes:
    return zlib.compress(to_json(value).encode())


def _unpack(column: bytes) -> Any:
    return json.loads(zlib.decompress(column))
