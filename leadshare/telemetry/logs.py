"""Telemetry: render log records as one JSON line: the event's name, then its facts."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Final

_OURS: Final = "leadshare"
_STANDARD: Final = frozenset(
    (*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName", "color_message")
)
_WORKERS: Final = ("azure_functions_worker", "azure_functions_runtime", "proxy_worker")
"""Microsoft's Python worker, whose lines go to Microsoft's own log: support reads them, and they
tell of functions and invocations, never of what these get."""

_QUIET: Final = (
    "aiohttp",
    "asyncio",
    "azure",
    "httpcore",
    "httpx",
    "msal",
    "urllib3",
)


@dataclass(slots=True)
class Carried:
    """What each line of this process carries beside the facts of its event."""

    head: str = ""
    """The last link of the chain of custody that it knows, by number and the start of its hash."""

    def carry(self, head: str) -> None:
        """Carry *head* from now on."""
        self.head = head


CARRIED: Final = Carried()


class JsonLine(logging.Formatter):
    """Render a record as JSON; what libraries say is named by its place, never quoted.

    The real worker's handler drops `extra` but honours a formatter, so the facts must be in
    the text (Azure/azure-functions-python-worker#1327).
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, object]
        if record.name.startswith(_WORKERS):
            return super().format(record)
        if record.name.partition(".")[0] == _OURS:
            line = {"event": record.msg, **facts_of(record)}
        else:
            # A library's sentence may quote a URL with its key, or an answer with its data.
            line = {"event": "library.said", "logger": record.name, "line": record.lineno}
        if CARRIED.head:
            line["chain"] = CARRIED.head
        if record.levelno >= logging.WARNING:
            line["level"] = record.levelname.lower()
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, default=str, separators=(",", ":"))


def facts_of(record: logging.LogRecord) -> dict[str, object]:
    """Return what was told by `extra`."""
    return {k: v for k, v in record.__dict__.items() if k not in _STANDARD}


def install() -> None:
    """Put the formatter on the root's handlers and quiet the libraries; once per process.

    The worker and the local host own the handlers, so none is added or replaced.
    """
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonLine())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
