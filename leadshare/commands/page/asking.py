"""Commands: ask a deployment for all that the report's page shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from leadshare.commands.deployment.manage import Manage
from leadshare.commands.page.page import page

COHORTS: Final = 6
"""Months of the table of cohorts: what comes of leads takes longer than most reports look."""


def asked_page(manage: Manage, query: Mapping[str, str]) -> str:
    """Return the page of the report that *query* asks for; by listing and week, if not told."""
    shown = {"by": query["by"] or "listing", "every": query["every"] or "week"}
    report = manage.tell("report", {**query, **shown})
    days = {"first": report["first"], "last": report["last"]}
    campaigns = manage.tell("report", {**days, "by": "campaign"})
    months = manage.tell("report", {"every": "month", **_months(report["last"])})
    return page(report, campaigns, months)


def _months(last: str) -> dict[str, str]:
    """Return the days of the months that cohorts are of."""
    month = date.fromisoformat(last).replace(day=1)
    for _ in range(COHORTS - 1):
        month = (month - timedelta(days=1)).replace(day=1)
    return {"first": month.isoformat(), "last": last}
