"""Configuration: what is wrong in the file, in words of TOML, from what pydantic found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final

from leadshare.configuration.coherence import incoherent
from leadshare.configuration.places import has, named, shown_key
from leadshare.configuration.schema import Node
from leadshare.errors import Faults, Place
from leadshare.quoting import can_be_shown, did_you_mean, near

ONLY_OTHERS: Final = {
    "look_ups": "cannot be read back",
    "canary": "has no test records that could be read back and deleted",
    "fields": "has no fields to map: it takes each lead whole",
}
"""Settings of some types of destination, and why the others do not have them."""

TYPES: Final[Sequence[tuple[type | tuple[type, ...], frozenset[str], str]]] = (
    (bool, frozenset({"boolean"}), "a boolean"),
    (int, frozenset({"integer", "number"}), "an integer"),
    (float, frozenset({"number"}), "a float"),
    (str, frozenset({"string"}), "a string"),
    ((date, time), frozenset({"date"}), "a date or time"),
    (list, frozenset({"array"}), "an array"),
    (dict, frozenset({"object"}), "a table"),
)
"""What TOML has, the types of the schema that it may stand for, and what TOML calls it."""

_UNQUOTED: Final = re.compile(r"[-+]?\d[\d_.:TZ-]*|true|false", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Found:
    """One error of pydantic's, with what is there and what should be."""

    type: str
    place: Place
    node: Node
    raw: Any
    table: Node
    """What the table that it is in should be."""
    own: Exception | None
    """What we raised, if it was us."""


def tell(
    errors: Sequence[Mapping[str, object]],
    data: dict[str, object],
    schema: dict[str, object],
    lines: Mapping[Place, int],
) -> list[tuple[int, str]]:
    """Return what is wrong, once each, with its line or 0, in their order.

    *errors* are pydantic's about *data*, a file whose *schema* and *lines* these are.
    """
    texts: dict[tuple[int, str], None] = {}
    for place, text in _faults(errors, data, Node(schema, schema)):
        upwards = (place[:end] for end in range(len(place), 0, -1))
        line = next((lines[one] for one in upwards if one in lines), 0)
        where = named(place, data)
        texts[line, f"{where}: {text}" if where else text] = None
    return sorted(texts, key=lambda one: one[0])


def _faults(
    errors: Sequence[Mapping[str, object]], data: dict[str, object], root: Node
) -> Iterator[tuple[Place, str]]:
    found = [_locate(error, data, root) for error in errors]
    for one in [one for one in found if not _follows(one)] or found:
        match one.own, one.type:
            case Faults(faults=faults), _:
                yield from (((*one.place, *place), text) for place, text in faults)
            case None, "extra_forbidden":
                yield one.place, _unknown(one, root)
            case None, "missing":
                yield one.place, f"expected {one.node.words()} (required){one.node.about()}"
            case None, "union_tag_not_found" | "union_tag_invalid":
                yield from _untagged(one)
            case None, _:
                yield one.place, _unfit(one)
            case error, _:
                yield one.place, str(error)
    if all(one.place for one in found):
        yield from incoherent(data)  # which is not looked at while a part is wrong


def _locate(error: Mapping[str, Any], data: Any, root: Node) -> _Found:
    """Find where *error* is in the file: what pydantic has beside keys and indices is left out."""
    place: Place = ()
    node, table, raw, location = root, root, data, error["loc"]
    for index, part in enumerate(location):
        narrowed = node.narrowed(raw)
        if narrowed is not node and raw[node.tag] == part:
            node = narrowed
            continue
        is_there = has(raw, part)
        if is_there or (error["type"] == "missing" and index == len(location) - 1):
            place, table, node = (*place, part), narrowed, narrowed.child(part)
            raw = raw[part] if is_there else None
        elif part == "[key]":
            node, raw = table.key(), str(place[-1])
    own = error.get("ctx", {}).get("error")
    own = own if isinstance(own, Exception) else None
    return _Found(error["type"], place, node, raw, table, own)


def _follows(found: _Found) -> bool:
    """Say whether this is no fault of its own: of items that are wrong, or one of several types."""
    if found.type == "too_short":
        return len(found.raw) >= found.node.least
    return found.type.endswith("_type") and _may_be(found.raw, found.node)


def _type(raw: Any) -> tuple[frozenset[str], str]:
    """Return what *raw* may stand for in the schema, and what TOML calls it."""
    return next((serves, name) for kinds, serves, name in TYPES if isinstance(raw, kinds))


def _unknown(found: _Found, root: Node) -> str:
    """Tell of a key that its table does not have."""
    key = str(found.place[-1])
    everywhere = root.child(key)
    if key in root.keys and "object" not in everywhere.types | everywhere.child(0).types:
        return "no such setting here: it stands at the top of the file, above the first [table]"
    known = ", ".join(found.table.keys)
    own = found.table.child("type").choices
    others = [
        name
        for name, one in root.child("destination").child(0).tagged.items()
        if key in one.keys and own
    ]
    if others and key in ONLY_OTHERS:
        article = "an" if own[0][0] in "aeiou" else "a"
        return f"no such setting: {article} {own[0]} {ONLY_OTHERS[key]}"
    if others:
        return f"no such setting of {own[0]}, but of {', '.join(others)}; known: {known}"
    return f"no such setting{_meant(key, found, root) or ';'} known: {known}"


def _meant(key: str, found: _Found, root: Node) -> str:
    """Return the question whether a key of the same table was meant, or one of a table below."""
    below = {inner: f"{top}.{inner}" for top in root.keys for inner in root.child(top).keys}
    is_top = len(found.place) == 1
    meant = near(key, [*found.table.keys, *(below if is_top else ())])
    meant = below.get(meant, meant) if is_top else meant
    return f'; did you mean "{meant}"?' if meant else ""


def _untagged(found: _Found) -> Iterator[tuple[Place, str]]:
    """Tell of a table that does not say which of several it is."""
    tag, choices = found.node.tag, list(found.node.tagged)
    given = found.raw.get(tag)
    expected = f"expected one of {', '.join(choices)}"
    if given is None:
        expected = f"{expected} (required)"
    elif isinstance(given, str):
        expected = f"{_question(given, choices)}{expected}"
    else:
        expected = f"{expected}; there is {_type(given)[1]}"
    yield (*found.place, tag), expected
    for key in found.raw:
        if key not in found.node.keys and (meant := did_you_mean(key, [tag])):
            yield (*found.place, key), f"no such setting{meant}"


def _question(given: str, choices: Sequence[str]) -> str:
    """Return the question whether one of *choices* was meant, to stand before what is expected."""
    return f"no such value{did_you_mean(given, choices) or ';'} " if choices else ""


def _unfit(found: _Found) -> str:
    """Tell of a value that cannot stand there."""
    node, raw = found.node, found.raw
    expected = f"expected {node.words()}"
    if not _may_be(raw, node):
        return f"{expected}; there is {_type(raw)[1]}{_mend(found)}"
    if found.type == "finite_number":
        return "expected a finite number"
    if found.type in ("too_long", "string_too_long"):
        return f"{expected}; there are {len(raw)}"
    return (_question(raw, node.choices) if isinstance(raw, str) else "") + expected


def _mend(found: _Found) -> str:
    """Return what to write instead, to follow what is there, where that can be told."""
    node, raw = found.node, found.raw
    keys = [shown_key(part) for part in found.place if isinstance(part, str)]
    if "object" in node.child(0).types:
        return f": write [[{'.'.join(keys)}]]"
    if "object" in node.types and isinstance(raw, list):
        return f": write [{'.'.join(keys)}]"
    if _may_be(raw, node.child(0)):
        item = f'"{raw}"' if isinstance(raw, str) and can_be_shown(raw) else "..."
        return f": write {keys[-1]} = [{item}]"
    if isinstance(raw, str) and _UNQUOTED.fullmatch(raw):
        return ": write it without quotes"
    is_free = node.types == {"string"} and not node.choices
    return ": write it in quotes" if is_free and not isinstance(raw, (dict, list)) else ""


def _may_be(raw: object, node: Node) -> bool:
    """Say whether *raw* is of a type that may stand there."""
    return not node.types.isdisjoint(_type(raw)[0])
