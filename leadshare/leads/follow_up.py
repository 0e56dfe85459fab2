"""Leads: who follows a lead up: what it owes to whom, and where it is listed if nobody does."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import State
from leadshare.deliveries.record import Entry, Record
from leadshare.leads import counting
from leadshare.leads.folding.story import entries
from leadshare.leads.held import COLUMNS, LIFE, SUMMARY, Held
from leadshare.leads.lead import Lead, facts_of, fold
from leadshare.leads.routing import UNFOLLOWED, Routes, Routing, clock_of, route, routing
from leadshare.leads.waiting.rows import wait
from leadshare.playbook import Category, Stage
from leadshare.reason import Reason
from leadshare.store.keys import delivery_key, index_kind, unfollowed_key
from leadshare.store.table import TRANSACTION, Change, Row, move, to_json

REROUTED: Final = (*COLUMNS, "record", "reason", "route")
"""What planning a lead again reads of its contact's rows."""


def owe(  # noqa: PLR0913, PLR0917 - what a delivery is made of
    held: Held,
    lead: Lead,
    destination: str,
    record: Record,
    told: Sequence[Entry],
    routes: Routes,
    now: datetime,
    trace: str = "",
) -> list[Change]:
    """Owe the lead to a destination of its route, or say by which rule it must not go there."""
    before = held.deliveries.get(delivery_key(lead.id, destination))
    accepts = next(d.accepts for d in routes.destinations if d.name == destination)
    if lead.category is Category.NORMAL or lead.category in accepts:
        return ledger.owe(before, lead.id, destination, record, now, story=told, trace=trace)
    return ledger.suppress(before, lead.id, destination, record["version"], lead.category, now)


def retire(
    held: Held,
    lead: str,
    destinations: Sequence[str],
    routes: Routes,
    now: datetime,
) -> list[Change]:
    """Suppress what is still owed to destinations that the lead's route has left.

    First what is due where nobody is configured: by that row such a lead is found.
    """
    names = routes.names
    left = [
        row
        for row in held.deliveries.values()
        if row.values["lead"] == lead
        and row.values["state"] in (State.DUE, State.PARKED)
        and row.values["destination"] not in destinations
    ]
    left.sort(key=lambda row: row.values["state"] != "due" or row.values["destination"] in names)
    changes: list[Change] = []
    for row in left:
        destination, version = row.values["destination"], row.values["wanted"]
        changes += ledger.suppress(row, lead, destination, version, Reason.LEFT_ROUTE, now)
    return changes


def together(retired: list[Change], changed: list[Change]) -> list[list[Change]]:
    """Return both as one transaction; what of *retired* does not fit goes first, by deliveries.

    After a crash in between the lead is still to be changed, and is found.
    """
    room = (TRANSACTION - len(changed)) // 2 * 2
    return [part for part in (retired[room:], [*retired[:room], *changed]) if part]


def listed(
    before: Row | None, routing: str, summary: Mapping[str, Any], now: datetime
) -> tuple[str, list[Change]]:
    """Return the key of the index row of a lead nobody follows up, and how it moves there.

    It stays where it is, by the time at which it began, for as long as that is so.
    """
    old = str(before.values.get("index") or "") if before else ""
    if routing not in UNFOLLOWED:
        return "", move(old, "", {})
    same = index_kind(old) == routing
    key = old if same else unfollowed_key(routing, now, summary["lead"])
    return key, move(old, key, summary)


def await_call(
    held: Held,
    lead: str,
    destinations: Collection[str],
    after: Mapping[str, Any],
    routes: Routes,
) -> tuple[dict[str, str], list[Change]]:
    """Return the columns by which a *lead* waits for somebody to call, and how its rows move.

    *after* is what its row says from now on. Nobody is to call who wants to hear no more.
    """
    before = held.leads[lead].values if lead in held.leads else {}
    out = held.contact is not None and held.contact.values.get("opted_out")
    summary = {name: after[name] for name in SUMMARY}
    return wait(before, after, summary, None if out else clock_of(destinations, routes))


def reroute(held: Held, lead: str, routes: Routes, now: datetime) -> list[list[Change]]:
    """Return the transactions that route a *lead* that is *held*, as it stands, as is told today.

    None if all is so already. Version and record stay: nobody has told anything new.
    """
    before, folded = held.leads[lead], fold(held.touches.values(), routes.campaigns)[lead]
    values, facts = before.values, facts_of(folded) | {"listings": before.values["listings"]}
    score, stages = values["score"], _stages(values)
    destinations = route(facts, score, stages, routes)
    state = routing(facts, score, stages, routes, destinations)
    record: Record = json.loads(values["record"])
    told = entries(folded.own)
    owed = [
        change
        for destination in destinations
        if _is_missing(held.deliveries.get(delivery_key(lead, destination)), record)
        for change in owe(held, folded, destination, record, told, routes, now)
    ]
    retired = retire(held, lead, destinations, routes, now)
    life = {name: values.get(name) or "" for name in LIFE}
    lead_row = {**values, **life, "campaign": values.get("campaign") or "", "routing": state}
    waits, waiting = await_call(held, lead, destinations, lead_row, routes)
    routed = {"route": to_json(destinations), "routing": state} | waits
    if (
        not owed
        and not retired
        and all((values.get(name) or "") == routed[name] for name in routed)
    ):
        return []
    summary = {name: lead_row[name] for name in SUMMARY}
    index, moved = listed(before, state, summary, now)
    column, news = counting.again(before, {"index": index}, now, destinations=destinations)
    changed = [
        Change("merge", before.key, {**routed, "index": index, **column}, before.etag),
        *news,
        Change("replace", values["seen"], summary),
        *moved,
        *waiting,
        *owed,
    ]
    return together(retired, changed)


def _stages(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return by which stages a lead may be routed whose row has these *values*."""
    # Rows of before sources, or tracks, could move a lead have no such columns.
    base = values.get("qualified") or values["stage"]
    nurtured = (Stage.NURTURING,) if base == Stage.NEW and values.get("track") else ()
    return (base, *nurtured, values["stage"])


def newly_unrouted(changes: Sequence[Change]) -> list[Mapping[str, Any]]:
    """Return what is told of the leads that *changes* leave unrouted which were not."""
    return [
        c.values for c in changes if c.kind == "insert" and index_kind(c.key) == Routing.UNROUTED
    ]


def _is_missing(delivery: Row | None, record: Record) -> bool:
    """Say whether a destination is still to be owed *record*, or was let go before it was."""
    if delivery is None or delivery.values["wanted"] < record["version"]:
        return True
    state, reason = (delivery.values[name] for name in ("state", "reason"))
    return bool(state == State.SUPPRESSED and reason == Reason.LEFT_ROUTE)
