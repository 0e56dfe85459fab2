"""SOQL as far as we ask it, read as strictly as Salesforce does.

The SOQL and SOSL guide, by its pages' names; [K] is known of Salesforce, but on no page found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from tests.destinations.salesforce.database import CHILDREN

Row = dict[str, Any]

_QUERY: Final = re.compile(
    r"SELECT (?P<fields>[\w.,]+) FROM (?P<table>\w+)(?: WHERE (?P<where>.+?))?"
    r"(?: ORDER BY (?P<order>[\w.,]+))?(?: LIMIT (?P<limit>\d{1,5}))?"
)
_SUB_SELECT: Final = re.compile(r"SELECT (\w+) FROM (\w+) WHERE (.+)")
_TIME: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z"
_CONDITION: Final = re.compile(rf"([\w.]+) (=|!=|>=|>|IN) (null|true|false|{_TIME}|'.*'|\(.*\))")


class Wrong(Exception):
    """A query that is refused, by its code and message."""


class Org(Protocol):
    """What is asked."""

    def rows(self, table: str, *, deleted: bool) -> Iterable[Row]:
        """All rows of an object, those in the recycle bin where they are asked for."""

    def fields(self, table: str) -> set[str]:
        """The fields that our user sees; `Wrong` for an object that is not there."""


def answer(org: Org, query: str, *, deleted: bool) -> list[Row]:
    """The rows that a query shows; `Wrong` where it is none."""
    asked = _QUERY.fullmatch(query)
    if asked is None:
        raise Wrong("MALFORMED_QUERY", f"unexpected token in {query}")
    table, names = asked["table"], asked["fields"].split(",")
    holds = _where(org, table, asked["where"] or "", deleted=deleted)
    order = [_path(org, table, name) for name in (asked["order"] or "").split(",") if name]
    for name in names:
        _path(org, table, name)
    rows = [row for row in org.rows(table, deleted=deleted) if holds(row)]
    for path in reversed(order):
        rows.sort(key=lambda row: (value(org, row, path) is not None, value(org, row, path)))
    limited = rows[: int(asked["limit"] or 2000)]
    return [{"attributes": {"type": table}, **_shown(org, row, names)} for row in limited]


def _where(org: Org, table: str, text: str, *, deleted: bool) -> Callable[[Row], bool]:
    conditions = _parts(text)
    if sum("(SELECT " in one for one in conditions) > 2:
        raise Wrong("MALFORMED_QUERY", "maximum 2 semi join sub-selects are allowed")
    tests = [_condition(org, table, one, deleted=deleted) for one in conditions]
    return lambda row: all(test(row) for test in tests)


def _parts(text: str) -> list[str]:
    """What stands between the ANDs that are in no parentheses; an OR is none of ours."""
    parts, depth = [""], 0
    for word in text.split(" ") if text else []:
        if word in ("AND", "OR") and depth == 0:
            if word == "OR":
                # As cited in the issues of public repositories.
                raise Wrong("MALFORMED_QUERY", "Semi join sub-selects are not allowed with OR")
            parts.append("")
            continue
        depth += word.count("(") - word.count(")")
        parts[-1] = f"{parts[-1]} {word}".strip()
    return [part for part in parts if part]


def _condition(org: Org, table: str, text: str, *, deleted: bool) -> Callable[[Row], bool]:
    read = _CONDITION.fullmatch(text)
    if read is None:
        raise Wrong("MALFORMED_QUERY", f"unexpected token in {text}")
    name, operator, literal = read.groups()
    path = _path(org, table, name)
    if operator == "IN":
        wanted = _values(org, table, name, literal[1:-1], deleted=deleted)
        return lambda row: _compared(path, value(org, row, path)) in wanted
    other = _literal(path, literal)

    def holds(row: Row) -> bool:
        found = value(org, row, path)
        if operator in ("=", "!="):
            return bool(found == other) is (operator == "=")
        return found is not None and bool(found >= other if operator == ">=" else found > other)

    return holds


def _literal(path: Sequence[str], text: str) -> Any:
    """sforce-api-calls-soql-select-dateformats: a time stands in no quotes, and a text in some."""
    is_time = path[-1].endswith(("Stamp", "stamp", "Date", "DateTime"))
    if text in ("null", "true", "false"):
        return {"null": None, "true": True, "false": False}[text]
    if is_time != bool(re.fullmatch(_TIME, text)):
        raise Wrong("INVALID_FIELD", f"value of filter criterion for field '{path[-1]}' must be of")
    return datetime.fromisoformat(text).astimezone(UTC) if is_time else text[1:-1]


def _values(org: Org, table: str, name: str, text: str, *, deleted: bool) -> set[Any]:
    """sforce-api-calls-soql-select-comparisonoperators: semi-joins compare ids with ids, of another
    object, and are not nested."""
    sub = _SUB_SELECT.fullmatch(text)
    if sub is None:
        return {_compared([name], one) for one in text[1:-1].split("','")}
    field, other, where = sub.groups()
    if not (name.endswith("Id") and field.endswith("Id")):
        raise Wrong("MALFORMED_QUERY", f"semi join sub-selects can only query id fields: '{field}'")
    if other == table or "(SELECT " in where or re.search(r" (ORDER BY|LIMIT) ", where):
        raise Wrong("MALFORMED_QUERY", "Nesting of semi join sub-selects is not supported")
    holds = _where(org, other, where, deleted=deleted)
    path = _path(org, other, field)
    rows = org.rows(other, deleted=deleted)
    return {_compared(path, value(org, row, path)) for row in rows if holds(row)} - {None, ""}


def _compared(path: Sequence[str], found: Any) -> Any:
    """Ids are the same in either length."""
    return found[:15] if isinstance(found, str) and path[-1].endswith("Id") else found


def _path(org: Org, table: str, name: str) -> list[str]:
    """The parts of a field's name, which may lead over one relationship."""
    *over, last = path = name.split(".")
    for relation in over:
        if (table, relation) not in CHILDREN:
            raise Wrong("INVALID_FIELD", f"Didn't understand relationship '{relation}'")
        table = CHILDREN[table, relation]
    if last not in org.fields(table):
        told = f"No such column '{last}' on entity '{table}'. If you are attempting to use a custom"
        raise Wrong("INVALID_FIELD", told)
    return path


def value(org: Org, row: Mapping[str, Any], path: Sequence[str]) -> Any:
    """What a row holds, or what the row that it points at does."""
    *over, last = path
    for relation in over:
        wanted = row.get(f"{relation}Id")
        table = next(there for (_, name), there in CHILDREN.items() if name == relation)
        found = [one for one in org.rows(table, deleted=False) if one["Id"] == wanted]
        row = found[0] if found else {}
    return row.get(last)


def _shown(org: Org, row: Row, names: Sequence[str]) -> Row:
    shown: Row = {}
    for name in names:
        *over, last = name.split(".")
        at = shown
        for relation in over:
            at = at.setdefault(relation, {"attributes": {"type": relation}})
        at[last] = told(value(org, row, name.split(".")))
    return shown


def told(found: Any) -> Any:
    """A value as JSON has it: times in UTC, with parts of a second that are always nought [K]."""
    if isinstance(found, datetime):
        return f"{found:%Y-%m-%dT%H:%M:%S}.000+0000"
    return None if found == "" else found
