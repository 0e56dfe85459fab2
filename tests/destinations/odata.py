"""Tables of a Dataverse of our own that can be asked: filtered, ordered, paged and expanded.

webapi/query/*.md in MicrosoftDocs/powerapps-docs; what no page says is marked as seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, unquote

import httpx

from tests.builders import NOW
from tests.destinations.annotations import APP, Refused
from tests.destinations.multipart import ODATA

API: Final = "/api/data/v9.2"
Row = dict[str, Any]

SELLER: Final = "00000000-0000-4000-8000-00000000000b"
USERS: Final[dict[str, Row]] = {
    APP: {"applicationid": "00000000-0000-0000-0000-000000000001", "accessmode": 4},
    SELLER: {"applicationid": None, "accessmode": 0},
}
EURO: Final = "00000000-0000-4000-8000-0000000000ee"

_STAMPS: Final = {"modifiedon", "createdon", "modifiedby", "createdby", "statecode", "statuscode"}
_ACTIVITY: Final = {*_STAMPS, "activityid", "regardingobjectid", "actualend"}
COLUMNS: Final[dict[str, set[str]]] = {
    "lead": {*_STAMPS, "leadid", "merged", "masterid", "qualifyingopportunityid"},
    "opportunity": {
        *(*_STAMPS, "opportunityid", "originatingleadid", "transactioncurrencyid"),
        *("actualvalue", "estimatedvalue"),
    },
    "activitypointer": {*_ACTIVITY, "activitytypecode"},
    "email": {*_ACTIVITY, "directioncode"},
    "annotation": {*_STAMPS, "annotationid", "objectid"},
    "listmember": {"listmemberid", "listid", "entityid"},
    "systemuser": {"systemuserid", "applicationid", "accessmode", "isdisabled"},
    "transactioncurrency": {"transactioncurrencyid", "isocurrencycode"},
}
"""Columns by table; the lead has those of `dataverse.py` besides."""

SETS: Final = {
    "leads": ("lead", "leadid"),
    "opportunities": ("opportunity", "opportunityid"),
    "activitypointers": ("activitypointer", "activityid"),
    "emails": ("email", "activityid"),
    "annotations": ("annotation", "annotationid"),
    "listmembers": ("listmember", "listmemberid"),
}
"""Table and primary key by the name of the set."""

LOOKUPS: Final = {
    ("lead", "modifiedby"): ("modifiedby", "systemuser"),
    ("lead", "createdby"): ("createdby", "systemuser"),
    ("annotation", "createdby"): ("createdby", "systemuser"),
    ("activitypointer", "createdby"): ("createdby", "systemuser"),
    ("opportunity", "modifiedby"): ("modifiedby", "systemuser"),
    ("activitypointer", "modifiedby"): ("modifiedby", "systemuser"),
    ("email", "modifiedby"): ("modifiedby", "systemuser"),
    ("opportunity", "originatingleadid"): ("originatingleadid", "lead"),
    ("opportunity", "transactioncurrencyid"): ("transactioncurrencyid", "transactioncurrency"),
    ("activitypointer", "regardingobjectid_lead"): ("regardingobjectid", "lead"),
    ("email", "regardingobjectid_lead_email"): ("regardingobjectid", "lead"),
}
"""Single-valued navigation properties: the column behind each, and the table that it leads to
(the EntityType pages of the Web API reference)."""

_POINTERS: Final = {column for column, _ in LOOKUPS.values()} | {
    *("createdby", "masterid", "objectid", "listid", "entityid"),
}
LABELS: Final = {("lead", 5): "Keine Antwort", ("opportunity", 4): "Abgesagt"}
"""What users call some statuses; of others, their number."""

_GUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TIME: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"
_FUNCTION: Final = re.compile(r"Microsoft\.Dynamics\.CRM\.(\w+)\(PropertyName='(\w+)'\)")
"""A query function with no parameter but the column's name (use-web-api-functions.md)."""

_TOKEN: Final = re.compile(rf"{_FUNCTION.pattern}|{_TIME}|{_GUID}|'(?:[^']|'')*'|[\w/]+|[()]")
_LABEL: Final = "OData.Community.Display.V1.FormattedValue"


@dataclass
class Tables:
    """The rows of one environment but its leads, and who asks."""

    leads: Callable[[], Mapping[str, Row]] = dict
    lead_columns: Callable[[], set[str]] = set
    others: dict[str, Callable[[], Mapping[str, Row]]] = field(default_factory=dict)
    """Rows of tables that are kept elsewhere, by table; of activities, those that are ours."""
    now: datetime = NOW
    """The service's clock; what it shows has no parts of a second, what it compares has."""
    rows: dict[str, dict[str, Row]] = field(
        default_factory=lambda: {
            **{table: {} for table in ("opportunity", "activitypointer", "email")},
            "systemuser": {k: {"isdisabled": False, **row} for k, row in USERS.items()},
            "transactioncurrency": {EURO: {"isocurrencycode": "EUR"}},
        }
    )
    unreadable: set[str] = field(default_factory=set)
    """Tables that our user's role may not read."""

    def put(self, table: str, guid: str, **columns: Any) -> None:
        """A row that somebody makes or changes at this moment."""
        rows = self.rows[table]
        stamps = {"modifiedon": self.now, "modifiedby": SELLER}
        rows[guid] = {"statecode": 0, "statuscode": 1, **rows.get(guid, {}), **stamps, **columns}

    def of(self, table: str) -> Mapping[str, Row]:
        """All rows of a table."""
        if table == "lead":
            return self.leads()
        others, rows = self.others.get(table, dict)(), self.rows.get(table, {})
        return {**others, **rows} if others and rows else others or rows

    def answer(self, url: str, path: str, headers: Mapping[str, str]) -> httpx.Response:
        """Answer the GET of a set; `Refused` as the service does."""
        name, _, query = path.removeprefix(f"{API}/").partition("?")
        if " " in path or not path.isascii():
            raise Refused(400, "0x80060888", "Bad Request - Invalid URL")
        table, key = SETS[name]
        asked = dict(
            part.split("=", 1) for part in unquote(query.partition("&$skiptoken=")[0]).split("&")
        )
        if unknown := asked.keys() - {"$select", "$filter", "$orderby", "$expand"}:
            raise Refused(400, "0x80060888", f"The query parameter {min(unknown)} is not supported")
        prefer = headers.get("prefer", "")
        size = re.search(r"odata\.maxpagesize=(\d+)", prefer)
        page = min(int(size[1]), 5000) if size else 5000
        # What is not there is found out whatever rows there are.
        _Filter(self, table, asked.get("$filter", "")).holds("", {})
        self._shown(table, "", {}, asked)
        matches = [
            (guid, row)
            for guid, row in self._read(table).items()
            if _Filter(self, table, asked.get("$filter", "")).holds(guid, row)
        ]
        order, _, direction = asked.get("$orderby", key).partition(" ")
        self._known(table, order)
        assert direction in ("", "asc")
        matches.sort(key=lambda pair: (pair[1].get(order) or NOW, pair[0]))
        skipped = int(query.partition("&$skiptoken=")[2] or 0)
        shown = [
            {key: guid, **self._shown(table, guid, row, asked)}
            for guid, row in matches[skipped : skipped + page]
        ]
        if _LABEL not in prefer:
            shown = [{k: v for k, v in row.items() if _LABEL not in k} for row in shown]
        body: Row = {"@odata.context": f"{url}{API}/$metadata#{name}", "value": shown}
        if len(matches) > skipped + page:
            whole = "&".join(f"{k}={quote(v, safe='$(),;')}" for k, v in asked.items())
            body["@odata.nextLink"] = f"{url}{API}/{name}?{whole}&$skiptoken={skipped + page}"
        kind = {"Content-Type": "application/json; odata.metadata=minimal; odata.streaming=true"}
        return httpx.Response(200, headers=ODATA | kind, content=json.dumps(body))

    def _read(self, table: str) -> Mapping[str, Row]:
        if table in self.unreadable:
            missing = f"Principal user is missing prvRead{table} privilege"
            raise Refused(403, "0x80040220", missing)
        return self.of(table)

    def _known(self, table: str, name: str) -> str:
        """Return the column that a property shows; lookups are `_name_value`."""
        columns = COLUMNS[table] | (self.lead_columns() if table == "lead" else set())
        lookup = re.fullmatch(r"_(\w+)_value", name)
        column = lookup[1] if lookup else name
        if column not in columns or (column in _POINTERS) != bool(lookup):
            raise _unknown(table, name)
        return column

    def _shown(self, table: str, guid: str, row: Row, asked: Mapping[str, str]) -> Row:
        shown: Row = {"@odata.etag": 'W/"1"'}
        for name in filter(None, asked.get("$select", "").split(",")):
            value = guid if name == f"{table}id" else row.get(self._known(table, name))
            shown[name] = f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
            if name == "statuscode" and isinstance(value, int):
                shown[f"{name}@{_LABEL}"] = LABELS.get((table, value), str(value))
        for name, columns in re.findall(r"(\w+)\(\$select=([\w,]+)\)", asked.get("$expand", "")):
            pointer, target = self._lookup(table, name)
            there = self._read(target).get(row.get(pointer, ""))
            fields = [self._known(target, column) for column in columns.split(",")]
            shown[name] = there and {column: there.get(column) for column in fields}
        return shown

    def _lookup(self, table: str, name: str) -> tuple[str, str]:
        if (table, name) not in LOOKUPS:
            raise _unknown(table, name)
        return LOOKUPS[table, name]

    def value(self, table: str, guid: str, row: Row, path: str) -> Any:
        """What a property in a filter is, of the row or of what its lookup leads to."""
        name, _, further = path.partition("/")
        if further:
            pointer, target = self._lookup(table, name)
            there = self._read(target).get(row.get(pointer, ""))
            self._known(target, further)
            return there.get(further) if there else None
        return guid if name == f"{table}id" else row.get(self._known(table, name))


class _Filter:
    """One `$filter`, read anew for each row; what cannot be read is refused."""

    def __init__(self, tables: Tables, table: str, text: str) -> None:
        self._tables, self._table, self._text = tables, table, text
        if len(re.findall(r" (?:eq|ne|ge|gt|le|lt) ", text)) > 500:
            # filter-rows.md
            raise Refused(400, "0x8004430C", "Number of conditions in query exceeded maximum limit")

    def holds(self, guid: str, row: Row) -> bool:
        self._guid, self._row = guid, row
        self._words = iter([*(m[0] for m in _TOKEN.finditer(self._text)), ""])
        self._word = next(self._words)
        if not self._text:
            return True
        found = self._either()
        if self._word:
            raise self._wrong()
        return found

    def _wrong(self) -> Refused:
        return Refused(400, "0x80060888", f"Syntax error at '{self._word}' in '{self._text}'.")

    def _step(self) -> str:
        word: str = self._word
        self._word = next(self._words, "")
        return word

    def _either(self) -> bool:
        found = self._both()
        while self._word == "or":
            self._step()
            found = self._both() or found
        return found

    def _both(self) -> bool:
        found = self._one()
        while self._word == "and":
            self._step()
            found = self._one() and found
        return found

    def _one(self) -> bool:
        if self._word == "(":
            self._step()
            found = self._either()
            if self._step() != ")":
                raise self._wrong()
            return found
        if function := _FUNCTION.fullmatch(self._word):
            self._step()
            return self._by_function(*function.groups())
        path, operator, literal = self._step(), self._step(), self._step()
        value = self._tables.value(self._table, self._guid, self._row, path)
        other = self._literal(literal)
        if operator in ("eq", "ne"):
            return bool(value == other) is (operator == "eq")
        if operator not in ("ge", "gt", "le", "lt") or isinstance(other, str):
            raise self._wrong()
        if value is None:
            return False
        return bool({"ge": value >= other, "gt": value > other, "le": value <= other}.get(operator))

    def _by_function(self, name: str, column: str) -> bool:
        if name not in ("EqualUserId", "NotEqualUserId"):
            told = f"An unknown function with name 'Microsoft.Dynamics.CRM.{name}' was found."
            raise Refused(400, "0x80060888", told)
        if column not in COLUMNS[self._table] or (self._table, column) not in LOOKUPS:
            # By the column's own name, not by the property's, as seen.
            told = f"'{self._table}' entity doesn't contain attribute with Name = '{column}'."
            raise Refused(400, "0x80041103", told)
        return bool(self._row.get(column) == APP) is (name == "EqualUserId")

    def _literal(self, word: str) -> Any:
        if word.startswith("'") or re.fullmatch(_GUID, word):
            return word.strip("'")
        if re.fullmatch(_TIME, word):
            return datetime.fromisoformat(word).astimezone(UTC)
        named = {"null": None, "true": True, "false": False}
        if word in named:
            return named[word]
        if not word.isdecimal():
            raise self._wrong()
        return int(word)


def _unknown(table: str, name: str) -> Refused:
    told = f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table}'."
    return Refused(400, "0x80060888", told)


def later(tables: Tables, **by: float) -> datetime:
    """Let time go by in the service; return what its clock shows then."""
    tables.now += timedelta(**by)
    return tables.now


def guids(prefix: str = "abcd") -> Iterator[str]:
    """Ids of rows, each another one."""
    number = 0
    while True:
        number += 1
        yield f"{number:08x}-{prefix}-4000-8000-000000000000"
