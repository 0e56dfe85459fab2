"""Steps as notices tell them: what the publisher wrote, of which lead; always, each once."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected
from leadshare.destinations.notices.letters import operation_id, subject, text
from leadshare.destinations.notices.notice import SHOWABLE, lines
from leadshare.destinations.notices.teams import LARGEST, message
from leadshare.lifecycle.step import Step, Verb
from tests.builders import LEAD, NOW, TEXTS, delivery, record
from tests.destinations.contract import account
from tests.destinations.notices.builders import settings

SAID = "Ask how the trial goes\nThey have *a week* left.\nOffer help."


def stepping(number: int = 1, said: str = SAID, **changes: Any) -> Delivery:
    """A step that a notice is to tell."""
    step = Step(f"{number:032x}", "nurture", Verb.NOTICE, said)
    return delivery(step=step, destination="desk", **changes)


class TestSaid:
    def test_lines(self):
        """The first line is the headline; the rest, the track and the lead stand below."""
        assert [
            ("Text", "They have *a week* left.; Offer help."),
            ("Track", "nurture"),
            ("Score", "75"),
            ("Lead id", LEAD),
        ] == lines(stepping(), ("score",))

    def test_letter(self):
        assert "Ask how the trial goes" == subject(stepping(), ("score",))
        assert text(stepping(), ("score",)).startswith("Text: They have *a week* left.; Offer")

    def test_operation_id(self):
        """A step is one message, whatever the version of its lead."""
        ids = {operation_id(one, settings()) for one in (delivery(), stepping(), stepping(2))}

        assert 3 == len(ids)
        assert operation_id(stepping(version=4), settings()) in ids

    @pytest.mark.parametrize("letter", ["\u20ac", "\U0001f680", '"'])
    def test_size(self, letter):
        """Whatever is said and shown, Teams takes the card."""
        told: Any = dict.fromkeys(TEXTS, letter * 2000)
        told |= {"storefront": "appsource", "category": "normal", "intent": "trial"}
        one = stepping(said=f"{letter * 2000}\n{letter * 2000}", record=record(**told))

        assert LARGEST >= len(json.dumps(message(one, SHOWABLE), ensure_ascii=False).encode())


@pytest.mark.parametrize("kind", ["teams", "email"])
class TestTaken:
    @pytest.mark.parametrize("notify", ["created", "sales_ready", "all"])
    async def test_rings(self, kind, notify):
        """It rings whatever is told of leads, and was told of this one."""
        simulator = account(kind)
        there = simulator.destination(notify=notify)

        reply = await there.carry_out([stepping(sent=1, record_id="r-1")], NOW)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert 1 == simulator.writes

    async def test_erases_nothing(self, kind):
        """What was sent cannot be called back, which the core is told."""
        assert frozenset() == account(kind).destination().erasures


async def test_unclear():
    """A card that may have been posted is not posted again."""
    simulator = account("teams")

    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone", request=request)

    simulator.played = lost

    reply = await simulator.destination().carry_out([stepping()], NOW)

    assert (Rejected("unclear"),) == reply.outcomes
