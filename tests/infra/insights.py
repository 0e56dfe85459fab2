"""Application Insights as a test plays it: rows as host and app write them, and a KQL engine.

The engine translates KQL to DuckDB's SQL and refuses what it does not do as Kusto does. What the
host and its worker write was seen when Microsoft's own were run; the app's lines are made by the
formatter that makes them.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, Final

import duckdb_kql

from leadshare.telemetry.logs import JsonLine
from leadshare.telemetry.signals import EVENTS, STANDING
from tests.builders import NOW
from tests.infra.deployment import EVERYTHING, of_kind
from tests.infra.kusto import TABLES

RULES: Final = "Microsoft.Insights/scheduledQueryRules"

TYPES: Final = {
    "datetime": "TIMESTAMP",
    "dynamic": "JSON",
    "int": "INTEGER",
    "real": "DOUBLE",
    "string": "VARCHAR",
}
SEVERITIES: Final = {"INFO": 1, "WARNING": 2, "ERROR": 3}


@cache
def rules() -> list[dict[str, Any]]:
    """Return the rules that the template makes."""
    return of_kind(RULES, **EVERYTHING)


def query_of(rule: dict[str, Any]) -> str:
    """Return what a rule asks."""
    [asked] = rule["properties"]["criteria"]["allOf"]
    return str(asked["query"])


@dataclass(frozen=True, slots=True)
class Row:
    """One row, so many minutes old."""

    table: str
    minutes: float
    values: dict[str, Any] = field(default_factory=dict)

    def aged(self, minutes: float) -> Row:
        """Return the same row, so much older."""
        return Row(self.table, self.minutes + minutes, self.values)


def by_host(category: str, message: str, severity: int = 3, **dimensions: str) -> Row:
    """Return a line of the host's own, or its worker's."""
    told = {"Category": category, **dimensions}
    return Row(
        "traces",
        1,
        {"message": message, "severityLevel": severity, "customDimensions": json.dumps(told)},
    )


def ours(event: str, minutes: float = 1, level: int = logging.INFO, **facts: Any) -> Row:
    """Return a line of the app's: an event with its facts, None where none is given."""
    assert {*facts} <= {*EVENTS[event]}
    record = logging.makeLogRecord(
        {"name": "leadshare.test", "msg": event, "levelno": level}
        | {"levelname": logging.getLevelName(level)}
        | dict.fromkeys(EVENTS[event])
        | facts
    )
    values = {"message": JsonLine().format(record), "severityLevel": SEVERITIES[record.levelname]}
    return Row("traces", minutes, values)


def tick(minutes: float = 1, **lanes: dict[str, Any]) -> Row:
    """Return a tick's line, with how these lanes stood."""
    told = {name: dict.fromkeys(STANDING) | {"stopped": False} | one for name, one in lanes.items()}
    return ours("tick.done", minutes, lanes=told, milliseconds=40)


def request(name: str, code: str, minutes: float = 1, *, success: bool = True) -> Row:
    """Return the host's row of a function that ran; what it answered is no failure of it."""
    return Row("requests", minutes, {"name": name, "resultCode": code, "success": str(success)})


COLUMNS: Final = {
    name: dict(re.findall(r"(\w+): (\w+)", columns)) for name, columns in TABLES.items()
}
"""The columns of each table, with their types."""


class Insights:
    """An Application Insights with its tables, whose clock stands still."""

    def __init__(self) -> None:
        self._connection = duckdb_kql.connect(config={"threads": 1})
        for name, columns in COLUMNS.items():
            typed = ", ".join(f'"{one}" {TYPES[kind]}' for one, kind in columns.items())
            self._connection.sql(f'CREATE TABLE "{name}" ({typed})')

    def ask(self, query: str, rows: Iterable[Row]) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the columns and rows that *query* finds in *rows*."""
        for name in TABLES:
            self._connection.execute(f'DELETE FROM "{name}"')  # noqa: S608 - our own names
        told = [*rows]
        for name in {row.table for row in told}:
            self._fill(name, [row for row in told if row.table == name])
        sql = _translated(query)
        found = self._connection.execute(sql, sql.parameters)
        return [column[0] for column in found.description], found.fetchall()

    def _fill(self, table: str, rows: Sequence[Row]) -> None:
        values = [
            {"timestamp": (NOW - timedelta(minutes=row.minutes)).replace(tzinfo=None)}
            | {"customDimensions": "{}"}
            | row.values
            for row in rows
        ]
        names = [*dict.fromkeys(name for one in values for name in one)]
        columns = ", ".join(f'"{name}"' for name in names)
        marks = ", ".join([f"({', '.join('?' * len(names))})"] * len(rows))
        self._connection.execute(
            f'INSERT INTO "{table}" ({columns}) VALUES {marks}',  # noqa: S608 - our own names
            [one.get(name) for one in values for name in names],
        )

    def close(self) -> None:
        """Give up the tables."""
        self._connection.close()


@cache
def _translated(query: str) -> duckdb_kql.TranslationResult:
    """Return *query* as SQL; that takes a while."""
    schema = {name: [*columns] for name, columns in COLUMNS.items()}
    return duckdb_kql.to_sql(query, schema, query_now=NOW)


_CHANNEL: Final = "Worker.LanguageWorkerChannel.python.4a3e4ec8-0b1a-4f7e-9f43-2a3b8b1c0d11"
_HANDLER: Final = "Microsoft.Azure.WebJobs.Script.WebHost.WebScriptHostExceptionHandler"

IN_ERROR: Final = by_host(
    "Host.Startup",
    "The 'take_touch' function is in error: The binding type(s) 'queue' are not registered. "
    "Please ensure the type is correct and the binding extension is installed.",
)
CANNOT_START: Final = by_host(
    "Host.Startup", "A host error has occurred during startup operation 'd5d9'."
)
NO_FUNCTIONS: Final = by_host("Host.Startup", "No job functions found.", 2)
NOT_INDEXED: Final = by_host(_CHANNEL, "Worker failed to index functions")
SHUTS_DOWN: Final = by_host(_HANDLER, "An unhandled exception has occurred. Host is shutting down.")
REFUSED: Final = by_host(
    "Microsoft.AspNetCore.Mvc.StatusCodeResult",
    "Executing StatusCodeResult, setting HTTP status code 401",
    1,
    prop__StatusCode="401",
)
AUTHORIZATION: Final = by_host(
    "Microsoft.AspNetCore.Authorization.DefaultAuthorizationService", "Authorization failed.", 1
)
NOT_FOUND: Final = by_host(
    "Microsoft.AspNetCore.Mvc.StatusCodeResult",
    "Executing StatusCodeResult, setting HTTP status code 404",
    1,
    prop__StatusCode="404",
)
