"""What the page on scale says must follow from the figures in it, and those from us."""

from __future__ import annotations

import json
from typing import Any, get_args

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import Accepted
from leadshare.destinations import DESTINATIONS
from leadshare.destinations.settings import DestinationSettings, LookUpSettings
from leadshare.leads.held import Held
from leadshare.leads.planning.touches import plan
from leadshare.leads.routing import Routes
from leadshare.store.keys import PARTITIONS
from leadshare.store.table import Change, Row
from tests.builders import IDENTITY, NOW, configuration, post, touch
from tests.documents.page_figures import ROOT, figures, tables, worked_out

TYPES: dict[str, tuple[Any, Any]] = {
    get_args(settings.model_fields["type"].annotation)[0]: (settings, destination)
    for settings, destination in DESTINATIONS.items()
}


def planned() -> tuple[list[Change], list[Change], list[Change]]:
    """What is written for a new lead: by classifying, by delivering, by reading back."""
    under = configuration({"name": "crm"})
    [classified] = plan(
        Held(),
        touch(under=under),
        json.dumps(post()).encode(),
        Routes.of(under),
        under.scoring,
        NOW,
    )
    due = as_row(classified)
    attempt = ledger.Attempt(ledger.to_delivery(due), Accepted("r"), NOW)
    changes = ledger.finish(due, attempt, (0,), NOW, 0.0, look_up=True)
    finished = ledger.with_record(changes, attempt.delivery, IDENTITY.index_name)
    return classified, finished, ledger.finish_look_up(as_row(finished), Accepted("r"), NOW, NOW)


def as_row(changes: list[Change]) -> Row:
    """The due row that *changes* insert."""
    [due] = [c for c in changes if c.key.startswith("due|") and c.kind == "insert"]
    return Row("0", due.key, due.values, "e")


class TestScale:
    def test_ceilings(self):
        """Every ceiling on the page on scale is what its formula comes to."""
        told = figures("scale.md")
        [ceilings] = [
            body
            for head, body in tables("scale.md")
            if head[0] == "what" and head[1:2] == ["formula, for a minute"]
        ]

        assert [] == [
            (what, worked_out(formula.strip("`"), told))
            for what, formula, shown in ceilings
            if f"{worked_out(formula.strip('`'), told):,.0f}" != shown
        ]

    def test_counted(self):
        """Partitions, rows and calls in flight are as the code has them."""
        told = figures("scale.md")
        classified, finished, looked = planned()

        assert len(PARTITIONS) == told["partitions"]
        # One of the rows of a delivery is there only for its record to be read back.
        assert len(classified) + len(finished) - 1 == told["rows_written"]
        assert 1 + len(looked) + told["rows_read"] == told["look_up_rows"]
        assert DestinationSettings.model_fields["concurrency"].default == told["concurrency"]

    def test_destinations(self):
        """What a destination's preset rate lets through is worked out from rate and batch."""
        [body] = [body for head, body in tables("scale.md") if head[0] == "type"]
        wrong = []
        for name, calls, look_ups, plain in body:
            settings, destination = TYPES[name.strip("`")]
            rate = destination.RATE
            batches = 60 * (rate.calls - rate.bucket) / rate.seconds
            leads = [
                int(batches * destination.batch_size / (int(calls) + looks)) for looks in (1, 0)
            ]
            reads_back = issubclass(settings, LookUpSettings)
            shown = [f"{leads[0]:,}" if reads_back else "-", f"{leads[1]:,}"]
            if [look_ups, plain] != shown:
                wrong.append((name, shown))

        assert {"`dynamics`", "`email`"} <= {row[0] for row in body}
        assert [] == wrong

    def test_logs(self):
        """How much is logged at each rate, and for how much money, follows from the page on
        cost.
        """
        told = figures("cost.md")
        text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
        kb = (told["lead_lines"] + told["lead_spans"] * told["span_share"]) * told["line_kb"]
        gb = 1000 * 60 * 24 * kb / 1e6

        assert f"some {gb:.0f} GB a day, [{kb:.1f} kB a lead]" in text
        assert f": {gb * told['log_price']:.0f} dollars" in text
        assert f"{gb / 10:.1f} TB and {round(gb * 100 * told['log_price'], -2):,.0f}" in text
