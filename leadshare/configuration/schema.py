"""Configuration: a place of its JSON Schema: what may stand there, in words of TOML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

DATES: Final = {
    "date": "a date, such as 2026-11-01",
    "date-time": "a date and time, such as 2026-11-01T12:00:00Z",
}
"""Formats of what JSON has in strings, and TOML without quotes."""


@dataclass(frozen=True, slots=True)
class Node:
    """A schema within the schema *root*; an empty one where nothing is known."""

    schema: Mapping[str, Any]
    root: Mapping[str, Any]

    @property
    def ways(self) -> Iterator[Node]:
        """What may stand here, each of its alternatives."""
        if "$ref" in self.schema:
            name = self.schema["$ref"].rpartition("/")[2]
            yield from Node(self.root["$defs"][name], self.root).ways
        elif several := self.schema.get("anyOf", self.schema.get("oneOf", [])):
            for one in several:
                yield from Node(one, self.root).ways
        elif self.schema and self.schema.get("type") != "null":
            yield self

    @property
    def type(self) -> str:
        """The type's name in JSON Schema, or `date` for what TOML has for dates."""
        is_date = self.schema.get("format") in DATES
        return "date" if is_date else str(self.schema.get("type", "string"))

    @property
    def types(self) -> frozenset[str]:
        """The types of what may stand here."""
        return frozenset(way.type for way in self.ways)

    @property
    def keys(self) -> list[str]:
        """The keys that a table here may have."""
        return [key for way in self.ways for key in way.schema.get("properties", {})]

    @property
    def choices(self) -> list[str]:
        """The strings that may stand here, where not any may."""
        found = (way.schema.get("enum", [way.schema.get("const", "")]) for way in self.ways)
        return [choice for choices in found for choice in choices if choice]

    @property
    def least(self) -> int:
        """The fewest items that an array here must have."""
        return max((way.schema.get("minItems", 0) for way in self.ways), default=0)

    @property
    def tag(self) -> str:
        """The key that says which of several tables this is, if there are several."""
        return str(self.schema.get("discriminator", {}).get("propertyName", ""))

    @property
    def tagged(self) -> dict[str, Node]:
        """Those several tables, by what that key says."""
        mapping = self.schema.get("discriminator", {}).get("mapping", {})
        return {name: Node({"$ref": ref}, self.root) for name, ref in mapping.items()}

    def narrowed(self, raw: object) -> Node:
        """Return which of several tables *raw* is, if it says so."""
        name = raw.get(self.tag) if isinstance(raw, dict) else None
        return self.tagged.get(name, self) if isinstance(name, str) else self

    def child(self, part: str | int) -> Node:
        """Return what may stand at the key or index *part*."""
        for way in self.ways:
            named = way.schema.get("properties", {}).get(part)
            others = way.schema.get("items" if isinstance(part, int) else "additionalProperties")
            if found := named or others:
                return Node(found, self.root)
        return Node({}, self.root)

    def key(self) -> Node:
        """Return what the keys of a table here must be."""
        names = (way.schema.get("propertyNames") for way in self.ways)
        return Node(next(filter(None, names), {}), self.root)

    def words(self) -> str:
        """Say what may stand here."""
        return " or ".join(dict.fromkeys(_alone(way) for way in self.ways)) or "another value"

    def about(self) -> str:
        """Return the first sentence of what is said of it, to follow what is expected here."""
        text = " ".join(str(self.schema.get("description", "")).split()).partition(". ")[0]
        return f": {text.removesuffix('.')}" if text else ""


WORDS: Final[Mapping[str, Callable[[Node], str]]] = {
    "string": lambda way: f"a string{_sizes(way, 'Length', 'characters')}",
    "integer": lambda way: f"an integer{_limits(way)}",
    "number": lambda way: f"a number{_limits(way)}",
    "boolean": lambda _: "true or false",
    "array": lambda way: f"an array{_items(way)}",
    "object": lambda _: "a table",
    "date": lambda way: DATES[way.schema["format"]],
}
"""What the types are called, with what bounds them."""


def _alone(way: Node) -> str:
    if said := way.schema.get("patternErrorMessage"):
        return str(said)
    choices = way.choices
    return f"one of {', '.join(choices)}" if choices else WORDS[way.type](way)


def _items(way: Node) -> str:
    item = way.child(0)
    if "object" not in item.types:
        return f"{_sizes(way, 'Items', 'items')}, each {item.words()}"
    sizes = _sizes(way, "Items", "tables")
    return sizes if "maxItems" in way.schema else f" of tables{sizes}"


def _limits(way: Node) -> str:
    over, low, high = (way.schema.get(name) for name in ("exclusiveMinimum", "minimum", "maximum"))
    if over is not None:
        return f" above {over}" + ("" if high is None else f" and at most {high}")
    if low == high:
        return "" if low is None else f" that is {low}"
    if low is None:
        return f" of at most {high}"
    return f" of at least {low}" if high is None else f" from {low} to {high}"


def _sizes(way: Node, of: str, unit: str) -> str:
    low, high = way.schema.get(f"min{of}", 0), way.schema.get(f"max{of}")
    if high is None:
        return " that is not empty" if low else ""
    return f" of {low} to {high} {unit}" if low else f" of at most {high} {unit}"
