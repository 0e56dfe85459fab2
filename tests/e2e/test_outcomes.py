"""Outcomes on a real host: posted over HTTP, kept by the queue, recorded, told to the CRM."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from pydantic import SecretStr

from leadshare.client.standard_webhooks import key_of, signed
from leadshare.lifecycle.outcome import Outcome, State
from leadshare.lifecycle.posted.message import message_of
from leadshare.times import to_text, utc_now
from tests.builders import LEAD
from tests.e2e import sink
from tests.e2e.flow import (
    CONFIGURATION,
    Running,
    assert_lawful,
    assert_problem,
    serving,
    somebody,
)
from tests.e2e.process import quick, until
from tests.e2e.sink import KEY, Script
from tests.e2e.storage import enqueue

SOURCE: Final = """
[[outcome_source]]
name = "shop"
secrets = ["HOOK"]
"""


@pytest.fixture(scope="module", name="run")
def _run(
    new_account: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A host that takes outcomes from a shop."""
    folder, storage, plan = tmp_path_factory.mktemp("outcomes"), new_account(), Script()
    with sink.running(Script()) as crm, sink.running(plan) as closing:
        file = folder / "leadshare.toml"
        file.write_text(CONFIGURATION.format(crm=crm.url, closing=closing.url) + SOURCE)
        settings = quick(storage, file) | {"HOOK": KEY}
        with serving(settings, folder / "host.log") as (host, web):
            running = Running(host, web, storage, crm, closing, plan)
            yield running
            assert_lawful(running)


def tell(run: Running, lead: str, state: str, secret: str = KEY) -> httpx.Response:
    """Post an outcome as a shop does."""
    told = {"lead": lead, "at": to_text(utc_now()), "state": state, "reason": "canary"}
    body = json.dumps(told).encode()
    headers = signed("msg-1", utc_now(), body, [key_of(SecretStr(secret))])
    return run.web.post("outcomes", content=body, headers=headers)


def story(run: Running, lead: str) -> dict[str, Any]:
    """A lead's story."""
    found: dict[str, Any] = run.get(f"leads/{lead}")
    return found


def waiting(run: Running) -> list[dict[str, Any]]:
    """What waits."""
    listed: list[dict[str, Any]] = run.get("outcomes", waiting="true")["outcomes"]
    return listed


def test_won(run: Running) -> None:
    """It moves the lead, and whoever has that hears of it."""
    touch = run.post(Email=somebody())
    lead = run.settled(touch)["lead"]["lead"]
    answer = tell(run, lead, "won")

    assert (202, {"status": "accepted"}) == (answer.status_code, answer.json())
    until(lambda: story(run, lead)["lead"]["stage"] == "won", 60)
    until(lambda: [e["data"]["stage"] for e in run.told(touch)][-1:] == ["won"], 60)
    [outcome] = story(run, lead)["outcomes"]
    assert ("shop", "won") == (outcome["source"], outcome["state"])
    assert "canary" not in run.host.said()


def test_unknown(run: Running) -> None:
    """What is of no lead is answered the same, makes none, and waits."""
    answer = tell(run, LEAD, "won")

    assert (202, {"status": "accepted"}) == (answer.status_code, answer.json())
    [there] = until(lambda: waiting(run))
    assert (LEAD, "shop", "unknown_lead") == tuple(
        there[name] for name in ("lead", "source", "reason")
    )
    assert 404 == run.web.get(f"manage/leads/{LEAD}").status_code


def test_strangers(run: Running) -> None:
    """Whoever is no source is refused, signed or not."""
    other = "whsec_" + "A" * 40

    assert_problem(tell(run, LEAD, "won", other), 401)
    assert_problem(run.web.post("outcomes", json={"lead": LEAD}), 401)
    assert_problem(run.web.post("outcomes", content=b" " * 40_000), 413)


def test_given_up(run: Running) -> None:
    """What the queue gave up on is tried again by the tick, and recorded."""
    lead = run.settled(run.post(Email=somebody()))["lead"]["lead"]
    now = utc_now()
    message = message_of(Outcome(lead, "shop", now, State.LOST), now - timedelta(minutes=10))
    enqueue(run.storage, "outcomes-poison", message)

    until(lambda: story(run, lead)["lead"]["stage"] == "lost", 60)
    # It is forgotten after it is recorded.
    until(lambda: lead not in {one["lead"] for one in waiting(run)})
