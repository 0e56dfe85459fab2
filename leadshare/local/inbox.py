"""Local: a CRM's inbox on loopback, which really keeps the leads it gets and shows them."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from leadshare.local import door
from leadshare.local.host.http.loopback import REFUSED, is_foreign
from leadshare.times import to_text

_PAGE: Final = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS leads (
    id INTEGER PRIMARY KEY,
    destination TEXT NOT NULL,
    lead TEXT NOT NULL,
    version INTEGER NOT NULL,
    record TEXT NOT NULL,
    received TEXT NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,
    UNIQUE (destination, lead)
)
"""

# Every arrival is counted; only a newer version replaces what is kept and when it came. `times`
# and the rest of the right-hand sides are the values before the update.
_PUT: Final = """
INSERT INTO leads (destination, lead, version, record, received) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (destination, lead) DO UPDATE SET
    times = times + 1,
    record = iif(excluded.version > version, excluded.record, record),
    received = iif(excluded.version > version, excluded.received, received),
    version = max(excluded.version, version)
RETURNING id, version, times
"""

_NEWEST: Final = """
SELECT id, destination, record, received, times FROM leads
ORDER BY received DESC, id DESC LIMIT ?
"""

_ONE: Final = "SELECT id, version FROM leads WHERE destination = ? AND lead = ?"

_COUNTS: Final = "SELECT destination, count(*) FROM leads GROUP BY destination ORDER BY destination"

_ALL: Final = -1
"""SQLite's LIMIT for no limit."""

_LARGEST_VERSION: Final = 2**31


@dataclass(frozen=True, slots=True)
class Kept:
    """What the inbox holds of one lead after a PUT."""

    record: str
    lead: str
    version: int
    created: bool


class Inbox:
    """The leads by destination and lead id, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(_SCHEMA)

    def put(self, destination: str, record: dict[str, Any], now: datetime) -> Kept:
        """Keep *record* unless a newer version is here, and say what is here."""
        # ASCII escapes: half a surrogate pair has no UTF-8, which SQLite asks for.
        row = (destination, record["lead"], record["version"], json.dumps(record), to_text(now))
        number, version, times = self._connection.execute(_PUT, row).fetchone()
        return Kept(_record_id(number), record["lead"], version, created=times == 1)

    def get(self, destination: str, lead: str) -> dict[str, Any] | None:
        """Return what is here of one lead, or None."""
        row = self._connection.execute(_ONE, (destination, lead)).fetchone()
        return {"record": _record_id(row[0]), "lead": lead, "version": row[1]} if row else None

    def newest(self, limit: int = _ALL) -> list[dict[str, Any]]:
        """Return the leads that came last, newest first."""
        return [
            {
                "record": _record_id(number),
                "destination": destination,
                "received": received,
                "times": times,
                "lead": json.loads(record),
            }
            for number, destination, record, received, times in self._connection.execute(
                _NEWEST, (limit,)
            )
        ]

    def counts(self) -> dict[str, int]:
        """Return how many leads each destination has."""
        return dict(self._connection.execute(_COUNTS))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _record_id(number: int) -> str:
    return f"IN-{number:05d}"


_INBOX: Final = web.AppKey("inbox", Inbox)


@asynccontextmanager
async def running(path: Path, port: int, app: str) -> AsyncIterator[str]:
    """Serve the inbox kept in the file *path* on loopback and yield its URL. Port 0: any free.

    The first page beside it says what the app at the address *app* has.
    """
    with closing(Inbox(path)) as inbox:
        runner = web.AppRunner(application(inbox, app), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def application(inbox: Inbox, app: str) -> web.Application:
    """Return the web application that serves *inbox*, and the first page, which names *app*."""
    served = web.Application(middlewares=[_loopback_only])
    served[_INBOX] = inbox
    served.add_routes(
        [
            web.get(door.INBOX, _show),
            web.get("/leads", _list),
            web.put("/{destination}/leads/{lead}", _put),
            web.get("/{destination}/leads/{lead}", _get),
            *door.routes(app),
        ]
    )
    return served


@web.middleware
async def _loopback_only(request: web.Request, handler: Any) -> web.StreamResponse:
    """Refuse what may be some web page's, as the local host does."""
    if is_foreign(request.headers):
        raise web.HTTPForbidden(text=REFUSED)
    response: web.StreamResponse = await handler(request)
    return response


async def _put(request: web.Request) -> web.Response:
    """Keep one record."""
    record = _record_in(await request.read())
    if record is None or record["lead"] != request.match_info["lead"]:
        return web.json_response(
            {"error": "expected a record with the lead of the URL and a version"}, status=400
        )
    kept = request.app[_INBOX].put(request.match_info["destination"], record, datetime.now(UTC))
    return web.json_response(
        {
            "record": kept.record,
            "lead": kept.lead,
            "version": kept.version,
            "created": kept.created,
        }
    )


async def _get(request: web.Request) -> web.Response:
    """Tell what is kept of one lead."""
    place = request.match_info
    kept = request.app[_INBOX].get(place["destination"], place["lead"])
    if kept is None:
        return web.json_response({"error": "no such lead here"}, status=404)
    return web.json_response(kept)


def _record_in(body: bytes) -> dict[str, Any] | None:
    """Read a record as far as the inbox must know it, or None."""
    try:
        record = json.loads(body)
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    lead, version = record.get("lead"), record.get("version")
    if not isinstance(lead, str) or type(version) is not int:
        return None
    return record if 0 < version < _LARGEST_VERSION else None


async def _list(request: web.Request) -> web.Response:
    """List what is kept, newest first; `?newest=` bounds it, for the page."""
    inbox = request.app[_INBOX]
    text = request.query.get("newest", "")
    limit = int(text[:9]) if text.isascii() and text.isdigit() else _ALL
    return web.json_response({"counts": inbox.counts(), "leads": inbox.newest(limit)})


async def _show(_request: web.Request) -> web.Response:
    """Show the page; its script alone may run, whatever is in a lead."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return web.Response(
        text=_PAGE.replace("{nonce}", nonce),
        content_type="text/html",
        charset="utf-8",
        headers={"content-security-policy": policy, "cache-control": "no-store"},
    )
