"""KQL as a test reads it: Microsoft's own parser, the tables that it reads, and our own names."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.local import npm
from leadshare.telemetry.metrics import METRICS
from leadshare.telemetry.signals import EVENTS, STANDING

ROOT: Final = Path(__file__).resolve().parents[2]
INFRA: Final = ROOT / "infra"

PACKAGE: Final = "@kusto/language-service-next"
VERSION: Final = "12.4.1"

_COMMON: Final = """
timestamp: datetime, itemType: string, customDimensions: dynamic, operation_Name: string,
operation_Id: string, operation_ParentId: string, operation_SyntheticSource: string,
session_Id: string, user_Id: string, user_AuthenticatedId: string, user_AccountId: string,
application_Version: string, client_Type: string, client_Model: string, client_OS: string,
client_IP: string, client_City: string, client_StateOrProvince: string,
client_CountryOrRegion: string, client_Browser: string, cloud_RoleName: string,
cloud_RoleInstance: string, appId: string, appName: string, iKey: string, sdkVersion: string,
itemId: string, itemCount: int
"""
_CALL: Final = """
id: string, name: string, success: string, resultCode: string, duration: real,
performanceBucket: string, customMeasurements: dynamic
"""
_OWN: Final = {
    "traces": "message: string, severityLevel: int, customMeasurements: dynamic",
    "requests": f"source: string, url: string, {_CALL}",
    "dependencies": f"target: string, type: string, data: string, {_CALL}",
    "availabilityResults": """
id: string, name: string, location: string, success: string, message: string, duration: real,
performanceBucket: string, size: real, customMeasurements: dynamic
""",
    "exceptions": """
problemId: string, handledAt: string, type: string, message: string, assembly: string,
method: string, outerType: string, outerMessage: string, outerAssembly: string,
outerMethod: string, innermostType: string, innermostMessage: string, innermostAssembly: string,
innermostMethod: string, severityLevel: int, details: dynamic, customMeasurements: dynamic
""",
    "customMetrics": """
name: string, value: real, valueCount: int, valueSum: real, valueMin: real, valueMax: real,
valueStdDev: real
""",
}
TABLES: Final = {name: f"({columns}, {_COMMON})" for name, columns in _OWN.items()}
"""Application Insights' tables (Microsoft, "Application Insights telemetry data model")."""

EVENT: Final = re.compile(r'"event":"([^"]*)"')
_FACT: Final = re.compile(r"\be(?:\.|\[')(\w+)")
_DIMENSION: Final = re.compile(r"\bcustomDimensions\.(\w+)")
_TEXT: Final = re.compile(r"'([^']*)'")
_OF_ALL: Final = {"event", "level"}
_OF_EACH: Final = re.compile(r"\b(lane|queue)\[1\](?:\.|\[')(\w+)")
_TOLD_OF: Final = {"lane": {*STANDING}, "queue": {"count", "oldest_seconds"}}
"""What `tick.done` tells of each lane, and `queues.watched` of each queue."""

_CATEGORY: Final = re.compile(r"\bcategory\)? (?:==|startswith|endswith) '([^']*)'", re.IGNORECASE)
_HOSTS_OWN: Final = {"Category", "prop__StatusCode"}
"""What the Functions host puts into a line's dimensions, of that what we ask for."""


def alerts() -> list[dict[str, Any]]:
    """Return the alerts as they are written down."""
    told: list[dict[str, Any]] = json.loads((INFRA / "alerts.json").read_text())
    return told


def workbook() -> list[dict[str, Any]]:
    """Return the workbook's items."""
    told: list[dict[str, Any]] = json.loads((INFRA / "workbook.json").read_text())["items"]
    return told


def queries() -> dict[str, str]:
    """Return every query of alerts and workbook by its name."""
    of_alerts = {f"alert {one['name']}": "\n".join(one["query"]) for one in alerts()}
    items = [one for one in workbook() if "query" in one["content"]]
    return of_alerts | {f"workbook {one['name']}": one["content"]["query"] for one in items}


def in_runbooks() -> dict[str, str]:
    """Return every query that a runbook gives, by its page and number."""
    return {
        f"{page.stem} {number}": dedent(query)
        for page in sorted((ROOT / "docs" / "runbooks").glob("*.md"))
        for number, query in enumerate(
            re.findall(r"^ *```kusto\n(.*?)^ *```$", page.read_text(), re.DOTALL | re.MULTILINE)
        )
    }


def parse(asked: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what Microsoft's parser finds wrong with each query, against the tables."""
    script = Path(__file__).with_name("kusto.cjs")
    done = subprocess.run(  # noqa: S603 - our own arguments
        [npm.node(), str(script), str(npm.install(PACKAGE, VERSION))],
        input=json.dumps({"tables": TABLES, "queries": asked}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, list[str]] = json.loads(done.stdout)
    return told


def categories(query: str) -> set[str]:
    """Return the categories of the host's and the worker's lines, or parts, that *query* reads."""
    return set(_CATEGORY.findall(query))


def unknown(query: str) -> list[str]:
    """Return the names in *query* that nothing in the code tells: events, facts and codes."""
    events = EVENT.findall(query)
    facts = _OF_ALL.union(*(EVENTS.get(event, ()) for event in events))
    texts = [text for text in _TEXT.findall(query) if re.fullmatch(r"[\w.]*[a-z][\w.]*", text)]
    columns = set(re.findall(r"\['([^']*)'\]", query)) | categories(query)
    metrics = [one for one in METRICS if f"'{one.name}'" in query]
    dimensions = {name for metric in metrics for name in metric.by} | _HOSTS_OWN
    return [
        *(f"no event {event}" for event in events if event not in EVENTS),
        *(f"no fact {fact}" for fact in _FACT.findall(query) if fact not in facts),
        *(f"no {of} tells {x}" for of, x in _OF_EACH.findall(query) if x not in _TOLD_OF[of]),
        *(f"no dimension {name}" for name in _DIMENSION.findall(query) if name not in dimensions),
        *(f"no code {text}" for text in texts if text not in columns | codes()),
    ]


@cache
def codes() -> frozenset[str]:
    """Return the texts that code has: names of functions and metrics, stages, reasons, ..."""
    outcomes = {one.__name__.lower() for one in (Accepted, Deferred, Rejected)}
    return frozenset(
        {text for path in _sources() for text in _texts(path)}
        | {metric.name for metric in METRICS}
        | outcomes
    )


def logged() -> set[str]:
    """Return the names of the events that the code logs, outside of the local room."""
    return {text for path in _sources() for text in _texts(path) if _NAME.fullmatch(text)}


_SUBJECTS: Final = "|".join({name.partition(".")[0] for name in EVENTS})
_NAME: Final = re.compile(rf"(?:{_SUBJECTS})\.[a-z_]+")


def _sources() -> Iterator[Path]:
    yield ROOT / "function_app.py"
    yield from (
        p for p in (ROOT / "leadshare").rglob("*.py") if p.parts[-2] not in ("local", "host")
    )


def _texts(path: Path) -> Iterator[str]:
    """Yield a module's texts, and the names of its functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
