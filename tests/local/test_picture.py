"""What `make run` draws, on a terminal of 80 columns."""

from __future__ import annotations

import pytest
from rich.console import Console

from leadshare.local.picture import table_of, table_of_leads, yours
from leadshare.local.samples import SAMPLES
from leadshare.local.ways import Way

WIDTH = 80


def story(lead="1a" * 16 + "-" + "2b" * 8, routing="routed", **states):
    """A lead's story with the states of its deliveries, by destination."""
    return {
        "lead": {
            "lead": lead,
            "storefront": "appsource",
            "intent": "contact_request",
            "listing": "contoso.invoice-robot",
            "listing_title": "Contoso Invoice Robot",
            "campaign_kind": "in-demand generation",
            "score": 100,
            "stage": "sales_ready",
            "touches": 2,
            "routing": routing,
            "receipt": {
                "lines": [
                    {"points": 25, "why": "asked to be contacted"},
                    {"points": -5, "why": "no name"},
                ]
            },
        },
        "deliveries": [
            {
                "destination": name.replace("_", "-"),
                "state": state,
                "reason": "bad_value" if state == "parked" else "",
                "found_at": "2026-01-01" if state == "delivered" else "",
            }
            for name, state in states.items()
        ],
    }


def drawn(picture):
    """Return the lines of *picture*, each of which fits."""
    console = Console(width=WIDTH)
    with console.capture() as capture:
        console.print(picture)
    lines = [line.rstrip() for line in capture.get().splitlines()]
    assert [] == [line for line in lines if len(line) > WIDTH]
    return lines


class TestTableOf:
    def test_fits(self):
        """All samples are in sight on a terminal of 24 lines."""
        lines = drawn(table_of([Way(sample, "touch", "accepted") for sample in SAMPLES]))

        assert len(lines) <= 24

    @pytest.mark.parametrize(
        ("states", "expected"),
        [
            pytest.param(
                {"our_crm": "delivered", "field_seller": "delivered"},
                ["delivered our-crm, field-seller"],
                id="delivered",
            ),
            pytest.param(
                {"field_seller": "delivered", "marketplace": "delivered", "our_crm": "due"},
                ["due our-crm", "delivered"],
                id="due",
            ),
            pytest.param(
                {"field_seller": "delivered", "our_crm": "parked"},
                ["parked our-crm", "delivered"],
                id="parked",
            ),
        ],
    )
    def test_states(self, states, expected):
        """A line tells the score, the stage and each state, those first that ask for something."""
        way = Way(SAMPLES[0], "touch", "accepted", story(**states))

        line = drawn(table_of([way]))[4]

        assert SAMPLES[0].name in line
        assert "100 sales ready" in line
        assert all(text in line for text in expected)

    def test_one_line(self):
        """However many destinations have it, a sample has one line, which begins with their
        state.
        """
        names = [f"follow_up_{number}" for number in range(9)]
        way = Way(SAMPLES[0], "touch", "accepted", story(**dict.fromkeys(names, "due")))

        lines = drawn(table_of([way]))

        assert 6 == len(lines)
        assert "│ due follow-up-0" in lines[4]

    def test_not_yet(self):
        """What was only taken says so."""
        assert "accepted" in drawn(table_of([Way(SAMPLES[0], "touch", "accepted")]))[4]

    def test_nobody(self):
        """A lead that nobody takes says so, where others tell their deliveries."""
        way = Way(SAMPLES[0], "touch", "accepted", story(routing="unrouted"))

        assert "unrouted" in drawn(table_of([way]))[4]


class TestTableOfLeads:
    def test_together(self):
        """Touches of one lead are drawn together, with its reasons once."""
        told = story(crm="delivered")
        ways = [Way(sample, sample.name, "accepted", told) for sample in SAMPLES[:3]]

        text = "\n".join(drawn(table_of_leads(ways)))

        assert 1 == text.count("+25") == text.count("100 sales ready")
        assert 3 == text.count("202 accepted")

    def test_quarantined(self):
        """What became of no lead is a row of its own."""
        ways = [Way(SAMPLES[-1], touch, "quarantined") for touch in ("one", "two")]

        text = "\n".join(drawn(table_of_leads(ways)))

        assert 2 == text.count("│ quarantine ")


class TestYours:
    def test_all(self):
        """One's own lead tells score, stage, reasons, each destination with its outcome, and its
        id.
        """
        of_one = story(our_crm="delivered", seller="parked", marketplace="due")

        told = [line.strip() for line in drawn(yours([of_one], 0))]

        assert ["Yours", "", "Contoso Invoice Robot, 2 touches, lead"] == told[:3]
        assert [
            of_one["lead"]["lead"],
            "100 sales ready",
            "+25 asked to be contacted, -5 no name",
            "our-crm: delivered, found",
            "seller: parked (bad_value)",
            "marketplace: due",
        ] == told[3:]

    def test_more(self):
        """How many more there are is told; where there are none, where they will be."""
        assert "and 4 more" == drawn(yours([story(crm="due")], 4))[-1]
        assert ["Yours will be shown here."] == drawn(yours([], 0))
