"""Fixtures of the tests of infra/: an Application Insights, and what its alerts tell of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.infra.insights import Insights, Row, query_of, rules, tick


@pytest.fixture(name="insights", scope="session")
def _insights() -> Iterator[Insights]:
    insights = Insights()
    yield insights
    insights.close()


@pytest.fixture(name="fired")
def _fired(insights: Insights) -> Callable[..., set[tuple[str, str]]]:
    """What all rules together tell of rows, and of a tick a minute ago: each alert and its thing.

    As Azure may do, a row in which a dimension is empty is left out.
    """

    def fired(*rows: Row, ticks: bool = True) -> set[tuple[str, str]]:
        there = [*rows, *([tick()] if ticks else [])]
        told = []
        for rule in rules():
            columns, found = insights.ask(query_of(rule), there)
            assert ["alert", "thing", "runbook"] == columns
            told += [one for one in found if all(one)]
        assert all(page.endswith(f"/{alert}.md") for alert, _, page in told)
        return {(alert, thing) for alert, thing, _ in told}

    return fired
