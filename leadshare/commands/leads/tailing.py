"""Commands: new touches as they come."""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from leadshare.commands import screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.deployment.manage import Manage
from leadshare.commands.options import App, AsJson
from leadshare.commands.screen import Entry, plain, short, when

MOST: Final = 10_000
"""Leads that are read at most at one look."""


def tail(
    *,
    since: Annotated[
        str, typer.Option(help="First what came since then; else only what comes from now on.")
    ] = "",
    every: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="How often to look.")
    ] = 2.0,
    app: App = "",
    as_json: AsJson = False,
) -> int:
    """Tell of each lead that a touch has just come for, until Ctrl-C.

    Example: leadshare tail
    """
    with connected(app) as manage, suppress(KeyboardInterrupt):
        _follow(manage, since, every, as_json=as_json)
    return 0


def _follow(manage: Manage, since: str, every: float, *, as_json: bool) -> None:
    """Show what is new, look by look."""
    known = dict[str, str]()
    start = screen.instant(since, datetime.now(UTC))
    if not start:
        newest = list(manage.pages("leads", "leads", {}, 1))
        known = {one["lead"]: _state(one) for one in newest}
        start = newest[0]["last_seen"] if newest else ""
    while True:
        found = list(manage.pages("leads", "leads", {"since": start}, MOST))
        for one in reversed(found):
            if known.get(one["lead"]) != _state(one):
                _tell(one, as_json=as_json)
        if found:
            start = found[0]["last_seen"]
        known = {one["lead"]: _state(one) for one in found if one["last_seen"] == start} or known
        time.sleep(every)


def _state(lead: Entry) -> str:
    """Return what changes with each touch of a lead, be it a repeat."""
    return f"{lead['last_seen']} {lead['touches']} {lead['duplicates']}"


def _tell(lead: Entry, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(f"{json.dumps(lead)}\n")
        sys.stdout.flush()
        return
    parts = (lead["listing"], lead["intent"], lead["stage"], f"score {lead['score']}")
    words = ", ".join(plain(part) for part in parts)
    screen.show_line(when(lead["last_seen"]), short(lead["lead"]), words)
