"""App: what works off the lane of what is due and belongs to no destination."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadshare.configuration.models import Configuration
from leadshare.deliveries.house import Handler, House
from leadshare.deliveries.tick import Chore
from leadshare.deliveries.worker import WorkerContext
from leadshare.destinations.asking import Asker
from leadshare.destinations.base import Destination
from leadshare.destinations.settings import DestinationSettings
from leadshare.leads.held import Held
from leadshare.leads.nurturing.steps import Steps
from leadshare.leads.planning.moving import ended
from leadshare.leads.planning.raising import Terms as Plan
from leadshare.leads.routing import Routes
from leadshare.leads.tracks.standing import Terms
from leadshare.leads.waiting.asking import LaneAsker
from leadshare.leads.waiting.counting import WaitingWatch
from leadshare.leads.waiting.reminders import Reminders
from leadshare.leads.waiting.unclocked import Unclocked
from leadshare.store.table import Change


def house(
    configuration: Configuration[DestinationSettings],
    context: WorkerContext,
    destinations: Sequence[Destination[Any]],
    erasing: Handler,
) -> list[Chore]:
    """Return what does all that, kind by kind, and what counts the leads that wait for a call.

    Of a kind for which nothing is configured any more the rows are taken out: none is in the way
    of others.
    """
    clock = configuration.clock
    steps = _steps(configuration, context, destinations)
    if clock is None:
        return [House(context, (erasing, Unclocked(context.table), steps))]
    asked = {one.name: one for one in destinations if Asker().asks(one)}
    reminders: Handler = Reminders(context, clock, LaneAsker(context, asked))
    watch = WaitingWatch(context.table, clock, context.clock)
    return [watch, House(context, (erasing, reminders, steps))]


def _steps(
    configuration: Configuration[DestinationSettings],
    context: WorkerContext,
    destinations: Sequence[Destination[Any]],
) -> Steps:
    routes = Routes.of(configuration)
    terms = Terms(
        *(configuration.tracks, configuration.outreach, configuration.scoring),
        {one.name: one.verbs for one in destinations},
    )

    def ending(held: Held, lead: str, over: str) -> list[list[Change]]:
        return ended(held, lead, over, Plan(routes, configuration.scoring, context.clock()))

    return Steps(context, terms, ending)
