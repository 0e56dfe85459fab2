"""Destinations: a person is taken out of records, or people are given the task to do it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from typing import Final

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Reply
from leadshare.destinations.replies import Round, Verdict, Verdicts
from leadshare.destinations.settings import Erasure
from leadshare.destinations.steps import Take, refusing, step_of, taken
from leadshare.destinations.writing.policy import Did
from leadshare.lifecycle.step import Step, Verb
from leadshare.reason import Reason
from leadshare.times import to_text

PROMPT: Final = timedelta(days=7)
"""Within which people are to erase a person, where it is their task: the law gives a month."""

UNFORGOTTEN: Final = Verdict(Deferred(Reason.FORGET_REFUSED))
"""For a record that a system neither lets us erase, nor make a task of."""

TASK: Final = """Erase a person's data: record {record}
A person has asked for erasure. Take what tells of them out of this record, and out of what was \
made of it, such as contacts, deals, messages and files. What the law has you keep stays.\
"""


class Standing(Enum):
    """Whose a record is that a person is to be taken out of."""

    GONE = auto()
    """It is not there."""
    OURS = auto()
    """leadshare made it, and nobody has made anything of it."""
    THEIRS = auto()
    """It was there before, or people have made something of it."""


def did(what: Did, verdict: Verdict | None = None) -> Verdict:
    """Return *verdict*, if any, saying what was done; see `Accepted.did`."""
    done = verdict or Verdict(Accepted())
    if done.reason == Reason.STEP_REFUSED:  # of the task that it comes to
        return UNFORGOTTEN.saying(done.outcome.said)
    if not isinstance(done.outcome, Accepted):
        return refusing(done, UNFORGOTTEN)
    return replace(done, outcome=replace(done.outcome, did=what))


async def forget(
    deliveries: Sequence[Delivery],
    stand: Mapping[str, Standing | Verdict],
    erase: Callable[[Sequence[Delivery]], Awaitable[Verdicts]],
    tasks: Take,
    how: Erasure,
) -> Reply:
    """Take persons out of records that are ours, as *how* says; of others make people *tasks*.

    *stand* says, by lead, whose each record is, or why that cannot be told. `erase` says what it
    did of each.
    """
    known = {lead: one for lead, one in stand.items() if isinstance(one, Verdict)}
    gone = {lead: did(Did.NOT_THERE) for lead, one in stand.items() if one is Standing.GONE}
    done = Round(deliveries, {lead: refusing(v, UNFORGOTTEN) for lead, v in known.items()} | gone)
    ours = [one for one in done.open if stand[one.lead] is Standing.OURS]
    if ours and how is not Erasure.TASK:
        done = done.settle(await erase(ours))
    errands = [errand(one) for one in done.open]
    made = await taken(errands, {Verb.TASK: tasks})
    return done.settle({one.lead: did(Did.TASK, made[step_of(one).id]) for one in errands}).reply()


def errand(delivery: Delivery) -> Delivery:
    """Return *delivery* as the step that has people erase a person: once for each order.

    It names the record, and nobody.
    """
    order = f"forget {delivery.lead} {to_text(delivery.owed_since)}"
    step = Step(
        hashlib.sha256(order.encode()).hexdigest()[:32],
        track="",
        verb=Verb.TASK,
        text=TASK.format(record=delivery.record_id or delivery.lead),
        due=to_text(delivery.owed_since + PROMPT),
    )
    return replace(delivery, step=step)
