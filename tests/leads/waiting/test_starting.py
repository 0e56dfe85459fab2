"""For which leads the clock runs: told before any has come; what cannot remind is refused."""

from __future__ import annotations

import pytest

from leadshare.leads.coverage import coverage
from leadshare.leads.routing import Routes, clock_of
from leadshare.leads.waiting.starting import silent, started, unfit
from tests.builders import configuration
from tests.leads.waiting.world import CRM, DESK, TEAM

HOOK = {"name": "hook"}
CLOCK = {**TEAM, "escalate_to": []}
READY = {"field": "score", "op": "at_least", "value": 60}


def test_silent():
    """Whoever follows leads up and tells nothing of them is named; a notice is nobody to ask."""
    assert "not asked what becomes of leads: hook" == silent(configuration(CRM, HOOK, DESK))
    assert "" == silent(configuration(CRM, DESK))


@pytest.mark.parametrize(
    ("destinations", "more", "said"),
    [
        pytest.param((CRM, DESK), {}, "[clock] runs for leads that go to crm", id="all"),
        pytest.param(
            (CRM | {"storefronts": ["appsource"]}, HOOK, DESK),
            {},
            "[clock] runs for leads that go to crm; of others nobody can tell whether somebody has"
            " called",
            id="some",
        ),
        pytest.param(
            (CRM | {"channel": "field_seller"}, HOOK, DESK),
            {"route": [{"when": [READY], "to": ["crm"]}]},
            "[clock] runs for leads that go to crm; of others nobody can tell whether somebody has"
            " called",
            id="such-as-meet-a-condition",
        ),
        pytest.param(
            (HOOK, DESK),
            {},
            "warning: [clock] never runs: no destination tells whether somebody has called",
            id="none",
        ),
        pytest.param((CRM,), {"clock": None}, "", id="no-clock"),
    ],
)
def test_started(destinations, more, said):
    told = configuration(*destinations, **{"clock": CLOCK, **more})

    assert said == started(told, coverage(told))


def test_posted():
    """Where a system of the publisher's own posts what becomes of leads, it runs for all."""
    posted = configuration(HOOK, DESK, clock=CLOCK).model_copy(update={"outcome_source": ("shop",)})

    assert "[clock] runs for all leads: a system of yours posts what becomes of them" == started(
        posted, coverage(posted)
    )
    assert posted.clock is clock_of(["hook"], Routes.of(posted))


def test_unfit():
    """Only notices remind: a CRM would take a reminder for a lead."""
    told = configuration(CRM, DESK, clock={**TEAM, "remind_to": ["crm"], "escalate_to": ["desk"]})

    assert [("clock", "remind_to", 0)] == [place for place, _ in unfit(told)]


@pytest.mark.parametrize("clock", [None, CLOCK])
def test_fit(clock):
    assert [] == [*unfit(configuration(CRM, DESK, clock=clock))]
