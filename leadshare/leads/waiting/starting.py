"""Leads: for which leads the clock can run, worked out before any has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leadshare.configuration.models import Configuration
from leadshare.errors import Place
from leadshare.leads.coverage import Row
from leadshare.leads.routing import A


def unfit(configuration: Configuration[A]) -> Iterator[tuple[Place, str]]:
    """Tell of destinations that the clock of *configuration* names, and that remind nobody."""
    clock = configuration.clock
    follows_up = {one.name: one.follows_up for one in configuration.destination}
    told = {"remind_to": clock.remind_to, "escalate_to": clock.escalate_to} if clock else {}
    for key, names in told.items():
        for index, name in enumerate(names):
            if follows_up[name]:
                yield ("clock", key, index), "expected a notice: a destination of teams or email"


def silent(configuration: Configuration[A]) -> str:
    """Say which destinations that follow leads up are not asked what became of them, if any."""
    names = [d.name for d in configuration.destination if d.follows_up and not d.tells_outcomes]
    return f"not asked what becomes of leads: {', '.join(names)}" if names else ""


def started(configuration: Configuration[A], rows: Sequence[Row]) -> str:
    """Say for which leads the clock runs, of those that *rows* of the coverage tell of."""
    clock = configuration.clock
    if clock is None:
        return ""
    if configuration.outcome_source:
        return "[clock] runs for all leads: a system of yours posts what becomes of them"
    names = [one.name for one in configuration.destination if one.tells_outcomes]
    if not names:
        return "warning: [clock] never runs: no destination tells whether somebody has called"
    all_of_them = all(
        any(share["destination"] in names and not share["only_if"] for share in row["destinations"])
        for row in rows
    )
    rest = "" if all_of_them else "; of others nobody can tell whether somebody has called"
    return f"[clock] runs for leads that go to {', '.join(names)}{rest}"
