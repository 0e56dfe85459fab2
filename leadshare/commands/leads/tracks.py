"""Commands: where leads stand in their tracks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import typer

from leadshare.commands import screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.options import App, AsJson, LeadId
from leadshare.commands.screen import short, when

APP: Final = typer.Typer(help="How a lead is nurtured.", no_args_is_help=True)


@APP.callback()
def track() -> None:
    """How a lead is nurtured."""


@APP.command()
def show(lead: LeadId, *, app: App = "", as_json: AsJson = False) -> int:
    """Show what a track has done for a lead, what comes next, when and why, and what would end it.

    Example: leadshare track show 1f0a664e
    """
    with connected(app) as manage, screen.waiting("Reading ..."):
        told = manage.get(f"tracks/{lead}")
    if as_json:
        screen.show_json(told)
        return 0
    screen.show_facts(short(told["lead"]), _facts(told))
    been = [
        (when(one["at"]), one["verb"], one["destination"], one["outcome"], one["reason"])
        for one in told["been"]
    ]
    screen.show_table(("at", "step", "where", "came to", "why"), been, "Nothing was done yet.")
    return 0


def tracks(*, app: App = "", as_json: AsJson = False) -> int:
    """Count the leads that are nurtured: how many are at which step of which track.

    Example: leadshare tracks
    """
    with connected(app) as manage, screen.waiting("Counting ..."):
        told = manage.get("tracks")
    if as_json:
        screen.show_json(told)
        return 0
    found = [(one["track"], one["step"], one["leads"]) for one in told["tracks"]]
    screen.show_table(("track", "next step", "leads"), found, "No lead is nurtured now.")
    if told["more"]:
        screen.say("There are more.")
    return 0


def _facts(told: Mapping[str, Any]) -> dict[str, object]:
    interest = f"{told['interest']} of a score of {told['score']}"
    facts: dict[str, object] = {"stage": told["stage"], "interest": interest}
    if not told["track"]:
        return facts | {"track": "none yet"}
    facts |= {"track": f"{told['track']}, since {when(told['begun'])}"}
    if told["why"]:
        facts |= {"ended": f"{when(told['ended'])}: {told['why'].replace('_', ' ')}"}
    if told["next"]:
        facts |= {"next": _next(told["next"])}
    if told["lists"]:
        lists = (f"{one['into']} at {one['destination']}" for one in told["lists"])
        facts |= {"on lists": ", ".join(lists)}
    return facts | ({"ended by": "; ".join(told["ended_by"])} if told["ended_by"] else {})


def _next(step: Mapping[str, Any]) -> str:
    what = step["verb"] if step["verb"] != "end" else "the track is over"
    where = f" at {step['destination']}" if step["destination"] else ""
    only = f", if {step['only_if']}" if step["only_if"] else ""
    after = ""
    if "after_days" in step:
        after = f", {step['after_days']:g} days after {when(step['since'])}"
    text = f": {step['text']}" if step.get("text") else ""
    return f"{when(step['due'])} {what}{where}{only}{after}{text}"
