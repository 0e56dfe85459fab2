"""What a webhook is told beside versions of leads: steps of tracks, and erasures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook as Verifier

from leadshare.deliveries.delivery import Accepted, Deferred
from leadshare.lifecycle.step import Step, Verb
from tests.builders import LEAD, NOW, delivery, record
from tests.destinations.simulators.webhook import Account

STEP = Step(f"{7:032x}", "nurture", Verb.EVENT, "Send the price list")


def events(account: Account) -> list[Any]:
    """What was told, as a receiver reads it."""
    verifier = Verifier(account.ENVIRONMENT["HOOK_SECRET"])
    return [verifier.verify(one.content, dict(one.headers)) for one in account.requests]


async def test_step() -> None:
    """A step is an event of its own, with the lead as it is, by the step's id."""
    account = Account()
    hook = account.destination()

    now = datetime.now(UTC)
    replies = [await hook.carry_out([delivery(step=STEP)], now) for _ in range(2)]

    assert [(Accepted(),)] * 2 == [reply.outcomes for reply in replies]
    assert {STEP.id} == {request.headers["webhook-id"] for request in account.requests}
    event, repeated = events(account)
    told = {"id": STEP.id, "track": "nurture", "text": "Send the price list"}
    assert ("lead.step", {**record(), "step": told}) == (event["type"], event["data"])
    assert event == repeated


async def test_erased() -> None:
    """An erasure tells the lead and the time, and nobody; an id of its own for each order."""
    account = Account()
    hook = account.destination()

    reply = await hook.forget([delivery()], datetime.now(UTC))
    await hook.forget([delivery(owed_since=NOW + timedelta(days=1))], datetime.now(UTC))

    assert (Accepted(did="task"),) == reply.outcomes
    event, _ = events(account)
    at = "2026-11-22T12:00:00.000Z"
    assert {"type": "lead.erased", "timestamp": at, "data": {"lead": LEAD}} == event
    ids = {request.headers["webhook-id"] for request in account.requests}
    assert 2 == len(ids)
    assert not [one for one in ids if "." in one]


@pytest.mark.parametrize(("status", "gone"), [(410, True), (500, False)])
async def test_refused(status: int, gone: bool) -> None:  # noqa: FBT001 - a column of the table
    """A receiver that refuses is tried again, but for one that wants no more."""
    account = Account()
    account.played = lambda _request: httpx.Response(status)

    reply = await account.destination().forget([delivery()], NOW)

    assert isinstance(reply.outcomes[0], Deferred)
    assert gone == reply.gone
