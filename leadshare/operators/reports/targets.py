"""Operators: how far a campaign has come with what it is to bring."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from leadshare.configuration.campaigns import Campaign
from leadshare.counts.measures import Cells, Measure
from leadshare.counts.periods import Period
from leadshare.operators.reports.figures import worth
from leadshare.playbook import Stage


def against(campaign: Campaign, cells: Cells, period: Period, *, open_: bool) -> dict[str, Any]:
    """Return the targets of a *campaign*, and what of them *cells* of a *period* have reached.

    They are the whole campaign's: `whole` says whether the period begins with it.
    """
    targets, begins = campaign.targets, campaign.from_
    wanted = {name: getattr(targets, name) for name in ("leads", "sales_ready", "won", "revenue")}
    reached: dict[str, int | str | None] = {
        name: int(cells.get(measure, 0))
        for name, measure in (
            ("leads", Measure.LEADS),
            ("sales_ready", Measure.SALES_READY),
            ("won", Measure.WON),
        )
    }
    amounts = worth(cells, Stage.WON, open_=open_)
    reached["revenue"] = amounts.get(targets.currency, "0")
    return {
        "name": campaign.name,
        "first": begins.isoformat() if begins else "",
        "last": campaign.until.isoformat() if campaign.until else "",
        "whole": begins is not None and period.first <= begins,
        "currency": targets.currency,
        "targets": {
            name: {
                "target": target,
                "reached": reached[name],
                "share": _share(reached[name], target),
            }
            for name, target in wanted.items()
            if target is not None
        },
    }


def _share(reached: int | str | None, target: int) -> float | None:
    return None if reached is None else round(float(Decimal(reached) / target), 4)
