"""Local: a CRM's inbox on loopback, which really keeps the leads it gets and shows them."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from leadshare.local import door
from leadshare.local.host.http.loopback import REFUSED, is_foreign
from leadshare.local.inbox.keeping import ALL, Deal, Inbox, Step

_SHOWN: Final = Path(__file__).with_name("page.html").read_text(encoding="utf-8")

_LARGEST_VERSION: Final = 2**31

_STATES: Final = ("working", "opportunity", "won", "lost")
_VERBS: Final = ("task", "note")
_MONEY: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")

_PAGE_OF_CHANGES: Final = 100

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
            web.delete("/{destination}/leads/{lead}", _erase),
            web.put("/{destination}/leads/{lead}/deal", _sell),
            web.put("/{destination}/leads/{lead}/steps/{step}", _step),
            web.get("/{destination}/changes", _changes),
            web.post("/channels/{channel}", _post),
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


async def _sell(request: web.Request) -> web.Response:
    """Note what a seller made of one lead."""
    deal, place = _deal_in(await request.read()), request.match_info
    if deal is None:
        error = f"expected a state of {', '.join(_STATES)}, and with an amount its currency"
        return web.json_response({"error": error}, status=400)
    inbox, now = request.app[_INBOX], datetime.now(UTC)
    if not inbox.sell(place["destination"], place["lead"], deal, now):
        return web.json_response({"error": "no such lead here"}, status=404)
    return web.json_response({"lead": place["lead"], "state": deal.state})


async def _erase(request: web.Request) -> web.Response:
    """Take away all that is kept of one lead."""
    place = request.match_info
    was_here = request.app[_INBOX].erase(place["destination"], place["lead"])
    return web.Response(status=204 if was_here else 404)


async def _step(request: web.Request) -> web.Response:
    """Keep one step of a track, however often it comes."""
    place = request.match_info
    step = _step_in(await request.read(), place["step"])
    if step is None:
        error = f"expected a verb of {', '.join(_VERBS)}, and texts"
        return web.json_response({"error": error}, status=400)
    inbox, now = request.app[_INBOX], datetime.now(UTC)
    if not inbox.take(place["destination"], place["lead"], step, now):
        return web.json_response({"error": "no such lead here"}, status=404)
    return web.json_response({"lead": place["lead"], "step": step.number})


def _step_in(body: bytes, number: str) -> Step | None:
    """Read a step of a track, or None."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    if not isinstance(told, dict) or told.get("verb") not in _VERBS:
        return None
    texts = [told.get(name, "") for name in ("text", "track", "due")]
    if not all(isinstance(text, str) for text in texts):
        return None
    return Step(number, told["verb"], *texts)


async def _changes(request: web.Request) -> web.Response:
    """Tell what sellers made of leads since a time, a page of it."""
    destination, since = request.match_info["destination"], request.query.get("since", "")
    changes = request.app[_INBOX].changed(destination, since, _PAGE_OF_CHANGES)
    return web.json_response({"changes": changes, "more": len(changes) == _PAGE_OF_CHANGES})


async def _post(request: web.Request) -> web.Response:
    """Take a card as the workflow of a channel in Teams does."""
    text = "\n".join(_lines_in(await request.read()))
    if not text:
        return web.json_response({"error": "expected an adaptive card with a text"}, status=400)
    request.app[_INBOX].post(request.match_info["channel"], text, datetime.now(UTC))
    return web.Response(status=202)


def _lines_in(body: bytes) -> list[str]:
    """Return the lines of the card in *body*, none where it is none of ours."""
    try:
        [card] = json.loads(body)["attachments"]
        blocks = [block["inlines"] for block in card["content"]["body"]]
        return ["".join(run["text"] for run in block) for block in blocks]
    except (ValueError, KeyError, TypeError):
        return []


def _deal_in(body: bytes) -> Deal | None:
    """Read what a seller made of a lead, or None."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    if not isinstance(told, dict) or told.get("state") not in _STATES:
        return None
    amount, currency = told.get("amount", ""), told.get("currency", "")
    if amount == currency == "":
        return Deal(told["state"])
    sums = isinstance(amount, str) and _MONEY.fullmatch(amount)
    named = isinstance(currency, str) and _CURRENCY.fullmatch(currency)
    return Deal(told["state"], amount, currency) if sums and named else None


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
    limit = int(text[:9]) if text.isascii() and text.isdigit() else ALL
    told = {"counts": inbox.counts(), "leads": inbox.newest(limit), "cards": inbox.cards()}
    return web.json_response(told)


async def _show(_request: web.Request) -> web.Response:
    """Show the page; its script alone may run, whatever is in a lead."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return web.Response(
        text=_SHOWN.replace("{nonce}", nonce),
        content_type="text/html",
        charset="utf-8",
        headers={"content-security-policy": policy, "cache-control": "no-store"},
    )
