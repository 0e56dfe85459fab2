"""What is asked of what was counted, and what each costs: operations, rows read, CPU time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from leadshare.configuration.retention import Retention
from leadshare.counts.measures import DIMENSIONS
from leadshare.custody.chain import Chain
from leadshare.custody.retention.planning import Planner
from leadshare.custody.retention.running import Retainer
from leadshare.operators.find import Finder
from leadshare.operators.models.orders import Find
from leadshare.operators.models.queries import read_query
from leadshare.operators.models.reports import Report
from leadshare.operators.reports.rebuild import Rebuilder
from leadshare.operators.reports.report import Reporter
from tests.bench import people
from tests.builders import IDENTITY, visit_ids
from tests.counts.years import PUBLISHER, RECORD, ZONE, Years
from tests.large import counting

Costs = dict[str, Mapping[str, int]]
"""By what was done: `get`, `read` and `write`, `rows` that were read, and `ms` of CPU."""

DAY: Final = timedelta(days=1)

NEW: Final = range(1 << 20, (1 << 20) + 30)
"""Customers of one more day, as many of them however many were there before."""


async def reports(years: Years) -> Costs:
    """The report of the later half of all days beside the other: by each dimension, and part."""
    today = years.now.astimezone(ZONE).date()
    span = {"first": (today - (years.days // 2 - 1) * DAY).isoformat(), "last": today.isoformat()}
    parts = (years.table, years.state, ZONE, years.clock, PUBLISHER.campaigns)
    costs = Costs()
    asked: list[dict[str, str]] = [{}, *({"by": name} for name in DIMENSIONS)]
    asked += [{"by": "listing", "every": every} for every in ("day", "week", "month")]
    for one in asked:
        with counting(years.table, years.state) as told:
            answer = await Reporter(*parts).report(read_query(Report, span | one), open_=False)
        assert answer["total"]["leads"]
        costs[" ".join(("report", *one.values()))] = told
    return costs


async def chores(years: Years) -> Costs:
    """What is folded and summed: of nothing, of one more day, and that day's night."""
    costs, keeper = Costs(), years.keeper()
    for name in ("idle fold", "fold of a day", "night"):
        if name == "fold of a day":
            await years.live_a_day(years.days, NEW)
        years.now += DAY if name == "night" else timedelta(minutes=2)
        with counting(years.table, years.state) as told:
            await keeper.work()
        costs[name] = told
    return costs


async def searches(years: Years) -> Costs:
    """What finds a lead by each thing that people know of it."""
    costs, finder = Costs(), Finder(years.table, years.state, IDENTITY)
    user = _customer(11)
    known = {"email": user["Email"], "phone": user["Phone"], "company": user["Company"]}
    for kind, text in {**known, "record": RECORD}.items():
        with counting(years.table, years.state) as told:
            found = await finder.find(Find.model_validate({"by": "a seller", kind: text}), {})
        assert found["leads"]
        costs[f"find by {kind}"] = told
    return costs


async def runs(years: Years) -> Costs:
    """Two runs of retention, of as much as one takes at most, and a dry run of a rebuild."""
    costs = Costs()
    chain = Chain(years.state, years.clock, visit_ids("act"), lambda _: None)
    planner = Planner(years.table, years.state, Retention.model_validate({}), IDENTITY.index_name)
    parts = (planner, chain, years.clock, visit_ids("keeper"), timedelta(minutes=1))
    retainer = Retainer(years.table, years.state, *parts)
    for name in ("first retention run", "next retention run"):
        with counting(years.table, years.state) as told:
            await retainer.work()
        costs[name] = told
    rebuilder, after, wrong = Rebuilder(years.table, years.state, ZONE, years.clock), "", 0
    with counting(years.table, years.state) as told:
        while True:
            found = await rebuilder.rebuild(after, dry_run=True)
            wrong, after = wrong + found["wrong"] + found["days"], found.get("next", "")
            if not after:
                break
    assert not wrong
    costs["rebuild, dry"] = told
    return costs


def _customer(number: int) -> dict[str, Any]:
    user: dict[str, Any] = json.loads(people.body(number))["UserDetails"]
    return user
