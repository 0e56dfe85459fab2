"""What rows show of counts: at any moment days and outbox come to what all leads come to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadshare.counts import tally as tallies
from leadshare.counts.contribution import Contribution, unpack
from leadshare.counts.folding import Day, add
from leadshare.counts.measures import bucket
from leadshare.counts.outbox import read
from leadshare.leads.lead import Lead, fold
from leadshare.leads.touch import Touch
from leadshare.store.table import Row
from leadshare.times import EPOCH, from_key, from_text

Values = Mapping[str, Any]
Counted = dict[tuple[datetime, str], Any]
"""By quarter of an hour and measure."""

UTC: Final = ZoneInfo("UTC")
QUARTER: Final = timedelta(minutes=15)

_SUBJECT: Final = r"(?P<subject>[0-9a-f]{32}-[0-9a-f]{16}(\|[a-z0-9_-]+)?)"
_COUNT: Final = re.compile(rf"count\|\d{{13}}\|(?P<number>\d+)\|{_SUBJECT}")
_DAY: Final = re.compile(r"(?P<kind>tally|fresh)\|\d{4}-\d\d-\d\d")


@dataclass
class Counting:
    """What waits to be folded, and what was, by partition."""

    outbox: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    days: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    strange: list[str] = field(default_factory=list)

    def add(self, partition: str, key: str, values: Values) -> bool:
        """Sort one row in, if it is one of these; say whether it is."""
        if match := _COUNT.fullmatch(key):
            self.outbox[partition].append(Row(partition, key, values))
            news = read(self.outbox[partition][-1])
            told = (partition, news.subject, news.number)
            if told != (match["subject"][0], match["subject"], int(match["number"])):
                self.strange.append(f"{key}: tells of {told}")
            return True
        if match := _DAY.fullmatch(key):
            if match["kind"] == "tally":
                self.days[partition].append(Row(partition, key, values))
            return True
        return False


@lru_cache(maxsize=4096)
def _unpacked(column: bytes) -> Contribution:
    return unpack(column)[1]


def of_counting(
    leads: Mapping[str, Values],
    deliveries: Mapping[tuple[str, str], Values],
    rows: Counting,
    zone: ZoneInfo = UTC,
) -> Iterator[str]:
    """Tell of partitions whose days and outbox, by a *zone*, come to else than their rows."""
    yield from rows.strange
    columns: dict[str, list[Contribution]] = defaultdict(list)
    for (lead, *_), values in (*(((lead,), v) for lead, v in leads.items()), *deliveries.items()):
        if column := values.get("counted"):
            columns[lead[0]].append(_unpacked(column))
    for partition in {*columns, *rows.days, *rows.outbox}:
        told = by_day(columns[partition], zone)
        found = _folded(rows, partition, zone)
        for day in sorted(told.keys() | found.keys()):
            if told.get(day, tallies.Tally()) != found.get(day, tallies.Tally()):
                yield f"partition {partition}: {day} is {found.get(day)}, leads say {told.get(day)}"


def by_day(counted: Iterable[Contribution], zone: ZoneInfo) -> dict[str, tallies.Tally]:
    """What all that is *counted* comes to."""
    days: dict[str, tallies.Tally] = defaultdict(tallies.Tally)
    for one in counted:
        for quarter, cells in one.on.items():
            at = (EPOCH + quarter * QUARTER).astimezone(zone)
            days[at.date().isoformat()].add(one.of, cells)
    return {day: tally for day, tally in days.items() if tally}


def _folded(rows: Counting, partition: str, zone: ZoneInfo) -> dict[str, tallies.Tally]:
    days: dict[Any, Day] = defaultdict(lambda: Day(None))
    for row in rows.days[partition]:
        days[_date(row.key)] = Day.of(row)
    for row in rows.outbox[partition]:
        news = read(row)
        wanted = {day: days[day] for day in news.days(zone)}
        add(wanted, news, zone)
    for one in days.values():
        for name, values in one.gone.by.items():  # which is of no lead that is there
            for value, cells in values.items():
                one.all.add({name: (value,)}, {}, -1)
                _less(one.all.by[name][value], cells)
        _less(one.all.total, one.gone.total)
    return {day.isoformat(): one.all for day, one in days.items() if one.all}


def _less(cells: dict[str, Any], gone: Mapping[str, Any]) -> None:
    for name, number in gone.items():
        cells[name] = cells.get(name, 0) - number
        if not cells[name]:
            del cells[name]


def _date(key: str) -> Any:
    return datetime.fromisoformat(key.split("|")[1]).date()


def recounted(
    leads: Mapping[str, Values],
    touches: Iterable[Touch],
    outcomes: Iterable[Values],
) -> Iterator[str]:
    """Tell of leads whose column says something else than their touches and outcomes."""
    by_contact: dict[str, list[Touch]] = defaultdict(list)
    for touch in touches:
        by_contact[touch.contact].append(touch)
    told: dict[str, list[Values]] = defaultdict(list)
    for one in outcomes:
        told[one["lead"]].append(one)
    for contact, own in by_contact.items():
        normal = with_contact = 0
        for lead in fold(own).values():
            row = leads.get(lead.id)
            if not row or not row.get("counted"):
                normal = with_contact = 0
                break
            said = _flat(_unpacked(row["counted"]))
            contacts = sum(said.pop((at, "contacts"), 0) for at, _ in list(said))
            normal, with_contact = normal + (lead.category == "normal"), with_contact + contacts
            true = dict(_true(lead, row, [t for t in own if t.lead == lead.id], told[lead.id]))
            if said != true:
                yield f"lead {lead.id}: is counted {said}, is {true}"
        if with_contact != bool(normal):
            yield f"contact {contact}: is counted {with_contact} times, has {normal} normal leads"


def _flat(counted: Contribution) -> dict[tuple[datetime, str], Any]:
    return {
        (EPOCH + quarter * QUARTER, name): number
        for quarter, cells in counted.on.items()
        for name, number in cells.items()
    }


def _true(
    lead: Lead, row: Values, touches: Collection[Touch], outcomes: Collection[Values]
) -> Mapping[tuple[datetime, str], Any]:
    """What a lead comes to, by its touches, its outcomes, and where it stands."""
    found: Counted = defaultdict(int)
    names = {"normal": "touches", "test": "tests", "internal": "internals", "blank": "blanks"}
    for touch in touches:
        if touch.category == lead.category and touch.id not in lead.counted:
            found[_quarter(touch.received), "repeats"] += 1
        else:
            found[_quarter(touch.received), names.get(touch.category, "no_contacts")] += 1
    if lead.category == "normal":
        first = _quarter(lead.first)
        found[first, "leads"] += 1
        _signs(found, first, row)
        _stages(found, first, row, outcomes)
    return found


def _signs(found: Counted, first: datetime, row: Values) -> None:
    times = {
        name: from_text(row[name]) if row[name] else None for name in ("ready_at", "signed_at")
    }
    ready, signed = times["ready_at"], times["signed_at"]
    if ready:
        found[_quarter(ready), "sales_ready"] += 1
        found[first, "then_sales_ready"] += 1
    if signed:
        found[_quarter(signed), "called"] += 1
    if ready and signed:
        found[first, "then_called"] += 1
        if signed >= ready:
            found[_quarter(signed), bucket("called_in", signed - ready)] += 1
    if row["routing"] == "unrouted" and row["index"]:
        found[_quarter(from_key(row["index"].split("|")[1])), "unrouted"] += 1


def _stages(found: Counted, first: datetime, row: Values, outcomes: Collection[Values]) -> None:
    reached = [one["at"] for one in outcomes if one["state"] in {"opportunity", "won"}]
    if reached:
        found[_quarter(from_text(min(reached))), "opportunities"] += 1
        found[first, "then_opportunity"] += 1
    if row["stage"] in {"won", "lost"}:
        found[_quarter(from_text(row["stage_at"])), row["stage"]] += 1
        found[first, f"then_{row['stage']}"] += 1
    if row["stage"] in {"won", "opportunity"} and (worth := _worth(row["stage"], outcomes)):
        at = _quarter(from_text(row["stage_at"]))
        currency = worth["currency"] or "XXX"
        found[at, f"{row['stage']} {currency}"] += Decimal(worth["amount"])
        found[at, f"{row['stage']}/{currency}"] += 1


def _worth(stage: str, outcomes: Collection[Values]) -> Values | None:
    """Of the sources that say last that it is at this stage, what the first of them has told."""
    last: dict[str, Values] = {}
    first: dict[str, str] = {}
    order = ("gone", "lost", "working", "opportunity", "won")
    for one in sorted(outcomes, key=lambda one: (one["at"], order.index(one["state"]))):
        if one["state"] == "gone":
            continue
        source = one["source"]
        if source not in last or last[source]["state"] != one["state"]:
            first[source] = one["at"]
        last[source] = one
    says = [one for one in last.values() if one["state"] == stage and one["amount"]]
    return min(says, key=lambda one: (first[one["source"]], one["source"]), default=None)


def _quarter(at: datetime) -> datetime:
    return EPOCH + (at - EPOCH) // QUARTER * QUARTER
