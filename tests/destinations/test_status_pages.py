"""Each vendor's page tells what its statuses mean, as the code has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from leadshare.destinations.hubspot import stages, statuses
from leadshare.destinations.odoo.statuses import STAGES
from leadshare.destinations.zoho import statuses as zoho
from leadshare.lifecycle.outcome import State

PAGES = Path(__file__).parents[2] / "docs" / "destinations"

TABLES: list[tuple[str, Mapping[str, State], Collection[str]]] = [
    ("hubspot", statuses.LEAD_STATUSES, statuses.NEW - {"new-stage-id"}),
    ("hubspot", statuses.LIFECYCLE, ()),
    ("hubspot", stages.LEAD_STAGES, {"new-stage-id"}),
    ("zoho", zoho.LEAD_STATUSES, zoho.NEW - {""}),
    ("odoo", STAGES, {"New"}),
]


@pytest.mark.parametrize(("page", "means", "new"), TABLES)
def test_page(page, means, new):
    """One table of the page has exactly these rows, and those that say nothing."""
    told = {f"| `{name}` | `{state}` |" for name, state in means.items()}
    told |= {f"| `{name}` | `new` |" for name in new}
    tables = (PAGES / f"{page}.md").read_text().split("\n\n")

    rows = [{*table.splitlines()[2:]} for table in tables]

    assert any(told == {row for row in table if row.startswith("| `")} for table in rows)
