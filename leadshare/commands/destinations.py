"""Commands: destinations: how each stands; enable, pause, resume."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from leadshare.commands import screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.options import App, AsJson, By, who
from leadshare.commands.screen import Entry, plain, when

APP: Final = typer.Typer(invoke_without_command=True)

Name = Annotated[str, typer.Argument(metavar="DESTINATION", help="Its name.")]


@APP.callback()
def destinations(context: typer.Context, *, app: App = "", as_json: AsJson = False) -> int:
    """Tell how each destination stands: lane, backlog, budget, errors of the last day.

    Example: leadshare destinations
    """
    if context.invoked_subcommand:
        return 0
    with connected(app) as manage, screen.waiting("Asking ..."):
        told = manage.get("destinations")
    if as_json:
        screen.show_json(told)
        return 0
    for one in told["destinations"]:
        screen.show_facts(plain(one["destination"]), _facts(one))
    return 0


def _facts(one: Entry) -> dict[str, object]:
    lane, budget = one["lane"], one["budget"]
    backlog = {name: part["count"] for name, part in one["backlog"].items() if part["count"]}
    return {
        "disabled": lane["disabled"],
        "paused since": when(lane["paused_at"]),
        "breaker": lane["breaker"],
        "rests until": when(lane["rests_until"]),
        "last taken": when(lane["accepted_at"]),
        "last read back": when(lane["proven_at"]),
        "backlog": _words(backlog) or "nothing",
        "calls left now": budget.get("left_now"),
        "calls today": f"{budget['today']} of {budget['daily']}" if budget.get("daily") else "",
        "errors of a day": _words(one["errors_last_day"]),
        "preflight": _preflight(one["preflight"]),
    }


def _preflight(preflight: Entry) -> str:
    if not preflight["at"]:
        return ""
    found = len(preflight["findings"])
    return f"{when(preflight['at'])}, {found} findings" if found else when(preflight["at"])


def _words(facts: Entry) -> str:
    return ", ".join(f"{name} {one}" for name, one in facts.items())


@APP.command()
def enable(name: Name, *, by: By = "", app: App = "", as_json: AsJson = False) -> int:
    """Call a destination again that asked never to be called; its breaker and rest are forgotten.

    Example: leadshare destinations enable crm
    """
    told = _order("enable", name, by, app, as_json=as_json)
    if not as_json:
        advice = f"; `leadshare replay --to {plain(name)}` lets them go" if told["parked"] else ""
        screen.out().print(f"{plain(name)} is enabled, {told['parked']} are parked{advice}.")
    return 0


@APP.command()
def pause(name: Name, *, by: By = "", app: App = "", as_json: AsJson = False) -> int:
    """Let nothing leave for a destination until it is resumed.

    Example: leadshare destinations pause crm
    """
    _order("pause", name, by, app, as_json=as_json)
    if not as_json:
        screen.out().print(f"{plain(name)} is paused: what is due waits.")
    return 0


@APP.command()
def resume(name: Name, *, by: By = "", app: App = "", as_json: AsJson = False) -> int:
    """Let what waits for a destination leave again.

    Example: leadshare destinations resume crm
    """
    _order("resume", name, by, app, as_json=as_json)
    if not as_json:
        screen.out().print(f"{plain(name)} is resumed.")
    return 0


def _order(what: str, name: str, by: str, app: str, *, as_json: bool) -> dict[str, Any]:
    with connected(app) as manage, screen.waiting("Asking ..."):
        told = manage.order(what, by=who(by), destination=name)
    if as_json:
        screen.show_json(told)
    return told
