"""Laws 1 to 3 of the design, as far as rows show them: one check of all rows at any moment."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from leadshare.core import planning
from leadshare.core.lead import fold
from leadshare.core.times import from_text, to_key, to_text
from leadshare.core.touch import from_row

Values = Mapping[str, Any]
Delivery = tuple[str, str]
"""A lead's id and a destination's name."""

STATES: Final = ("due", "delivered", "parked", "suppressed")
INDEXED: Final = ("due", "parked")
SPECIAL: Final = ("internal", "blank", "no_contact", "test")
"""Lanes whose leads go only to destinations that ask for them."""

FOLDED: Final = ("lane", "storefront", "intent", "touches", "duplicates")
"""Columns of a lead's row that its touches alone decide."""

COLUMNS: Final = {
    "contact": ("touches",),
    "touch": ("data",),
    "lead": ("lead", "version", "lane", "route", "record", "seen", "last_seen", "digest", *FOLDED),
    "delivery": (
        *("lead", "destination", "state", "reason", "wanted", "sent", "attempts", "receipt"),
        *("index", "next"),
    ),
    "attempt": ("version",),
    "due": (
        *("lead", "destination", "kind", "rank", "version", "record", "attempts", "sent"),
        "receipt",
    ),
    "parked": ("lead", "destination", "version", "record", "attempts", "sent", "receipt", "reason"),
    "seen": ("lead",),
    "quarantine": ("touch", "reason", "message"),
}
"""What a row of each kind says at least."""

_LEAD: Final = "(?P<place>[0-9a-f]{32}-[0-9a-f]{16})"
_ID: Final = "(?P<place>[0-9a-f]{32})"
_OF_CONTACT: Final = re.compile(
    rf"{_ID}\|(?P<kind>contact|touch|lead|delivery|attempt)(?:\|(?P<rest>.+))?"
)
_INDEX: Final = re.compile(
    rf"(?P<kind>due(?=\|[^|]+\|[01]\|)|parked(?=\|[^|]+\|\d{{13}}\|))"
    rf"\|(?P<destination>[^|]+)(?:\|[01])?\|\d{{13}}\|{_LEAD}"
)
_SEEN: Final = re.compile(rf"(?P<kind>seen)\|\d{{13}}\|{_LEAD}")
_QUARANTINE: Final = re.compile(rf"(?P<kind>quarantine)\|\d{{13}}\|{_ID}")


def violations(
    rows: Iterable[tuple[str, str, Values]],
    accepts: Mapping[str, Collection[str]] | None = None,
    *,
    settled: bool = False,
) -> list[str]:
    """Return what is wrong with *rows*, all of a table as (partition, key, values).

    *accepts* names the special lanes that destinations ask for. Once nothing is queued any
    more, *settled* says so: then every lead is the fold of its touches, too.
    """
    table = _Table()
    for partition, key, values in rows:
        table.add(partition, key, values)
    return [
        *table.strange,
        *_touches(table),
        *_leads(table),
        *_deliveries(table, accepts or {}),
        *_indexes(table),
        *(_unsettled(table) if settled else ()),
    ]


@dataclass
class _Table:
    """All rows by what they are about."""

    contacts: dict[str, Values] = field(default_factory=dict)
    touches: dict[str, list[tuple[str, Values]]] = field(default_factory=lambda: defaultdict(list))
    """By touch: the contact whose row it is, and the touch."""
    leads: dict[str, Values] = field(default_factory=dict)
    seen: dict[str, list[tuple[str, Values]]] = field(default_factory=lambda: defaultdict(list))
    deliveries: dict[Delivery, Values] = field(default_factory=dict)
    attempts: dict[Delivery, list[Values]] = field(default_factory=lambda: defaultdict(list))
    indexes: dict[Delivery, list[tuple[str, Values]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    strange: list[str] = field(default_factory=list)

    def add(self, partition: str, key: str, values: Values) -> None:
        """Sort one row in; what it cannot be is told as strange."""
        matches = (p.fullmatch(key) for p in (_OF_CONTACT, _INDEX, _SEEN, _QUARANTINE))
        match = next((match for match in matches if match), None)
        if match is None:
            self.strange.append(f"{key}: no row of ours")
            return
        place, kind = match["place"], match["kind"]
        if partition != place[0]:
            self.strange.append(f"{key}: in partition {partition}")
        if missing := [name for name in COLUMNS[kind] if name not in values]:
            self.strange.append(f"{key}: without {', '.join(missing)}")
        elif kind in INDEXED:
            self.indexes[place, match["destination"]].append((key, values))
        elif kind == "seen":
            self.seen[place].append((key, values))
        elif kind != "quarantine":
            self._add_of_contact(place, kind, match["rest"] or "", values)

    def _add_of_contact(self, contact: str, kind: str, rest: str, values: Values) -> None:
        listing, *more = rest.split("|")
        lead = f"{contact}-{listing}"
        if kind == "contact":
            self.contacts[contact] = values
        elif kind == "touch":
            self.touches[rest].append((contact, json.loads(values["data"])))
        elif kind == "lead":
            self.leads[lead] = values
        elif kind == "delivery":
            self.deliveries[lead, more[0]] = values
        else:
            self.attempts[lead, more[0]].append(values)


def _touches(table: _Table) -> Iterator[str]:
    """Each touch is in one row, of its own contact, and in a lead."""
    counts: dict[str, int] = defaultdict(int)
    for touch, rows in table.touches.items():
        if len(rows) > 1:
            yield f"touch {touch}: in {len(rows)} rows"
        for contact, data in rows:
            counts[contact] += 1
            if (data["id"], data["contact"]) != (touch, contact):
                yield f"touch {touch}: under another contact or id than its own"
            if data["lead"] not in table.leads:
                yield f"touch {touch}: in no lead"
    for contact in table.contacts.keys() | counts.keys():
        said = table.contacts.get(contact, {}).get("touches", 0)
        if said != counts[contact]:
            yield f"contact {contact}: says {said} touches, has {counts[contact]}"


def _leads(table: _Table) -> Iterator[str]:
    """Each lead has one row in the list, which repeats it, and a delivery for each destination."""
    for lead, values in table.leads.items():
        if values["lead"] != lead:
            yield f"lead {lead}: says it is {values['lead']}"
        yield from _listed(lead, values, table.seen.get(lead, []))
        record = json.loads(values["record"])
        if (record["lead"], record["version"]) != (lead, values["version"]):
            yield f"lead {lead}: its record is another version or lead"
        route = json.loads(values["route"])
        if len(route) != len(set(route)):
            yield f"lead {lead}: a destination is on its route twice"
        for destination in route:
            if (lead, destination) not in table.deliveries:
                yield f"lead {lead}: no delivery to {destination}"
    for lead in table.seen.keys() - table.leads.keys():
        yield f"seen of {lead}: no such lead"


def _listed(lead: str, values: Values, seen: list[tuple[str, Values]]) -> Iterator[str]:
    if len(seen) != 1:
        yield f"lead {lead}: {len(seen)} rows in the list"
    for key, summary in seen:
        if key != values["seen"]:
            yield f"lead {lead}: the list has {key}, the lead says {values['seen']}"
        stale = [name for name, value in summary.items() if values.get(name) != value]
        if stale:
            yield f"lead {lead}: the list has another {', '.join(stale)}"


def _deliveries(table: _Table, accepts: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Each delivery is in one state, which agrees with its versions and with its lead."""
    for (lead, destination), values in table.deliveries.items():
        name = f"delivery {lead} {destination}"
        if (values["lead"], values["destination"]) != (lead, destination):
            yield f"{name}: says it is {values['lead']} {values['destination']}"
        if values["state"] not in STATES:
            yield f"{name}: in state {values['state']}"
        owner = table.leads.get(lead)
        if owner is None:
            yield f"{name}: no such lead"
            continue
        routed = destination in json.loads(owner["route"])
        wrong = [
            *_versions(values, owner["version"], routed),
            *_routed(values, routed),
            *_followed_up(values, owner["lane"], accepts.get(destination, ())),
        ]
        attempts = table.attempts.get((lead, destination), [])
        if any(attempt["version"] > owner["version"] for attempt in attempts):
            wrong.append("an attempt at a version that is not there yet")
        if owner["lane"] in SPECIAL and not accepts.get(destination) and attempts:
            wrong.append(f"an attempt for a {owner['lane']} lead")
        yield from (f"{name}: {fault}" for fault in wrong)
    for lead, destination in table.attempts.keys() - table.deliveries.keys():
        yield f"attempt {lead} {destination}: no such delivery"


def _versions(values: Values, version: int, routed: bool) -> Iterator[str]:  # noqa: FBT001 - a fact, no switch
    wanted, sent, state = values["wanted"], values["sent"], values["state"]
    if not 0 <= sent <= wanted:
        yield f"sent {sent} of {wanted}"
    if wanted > version or (routed and wanted < version):
        yield f"wants {wanted} of a lead at {version}"
    if (state == "delivered") != (sent == wanted):
        yield f"{state} with {sent} of {wanted} sent"


def _routed(values: Values, routed: bool) -> Iterator[str]:  # noqa: FBT001 - a fact, no switch
    if not routed and values["state"] in INDEXED:
        yield f"{values['state']} off the lead's route"
    if values["state"] in ("parked", "suppressed") and not values["reason"]:
        yield f"{values['state']} without a reason"


def _followed_up(values: Values, lane: str, accepted: Collection[str]) -> Iterator[str]:
    state, asked = values["state"], lane not in SPECIAL or lane in accepted
    if not asked and state != "suppressed":
        yield f"{state} though {lane}"
    if not asked and not accepted and values["sent"]:
        yield f"sent though {lane}"
    # A route that a lead leaves is cleared a transaction before the lead says so.
    if asked and state == "suppressed" and values["reason"] != "unrouted":
        yield f"suppressed as {values['reason']} though {lane}"


def _indexes(table: _Table) -> Iterator[str]:
    """A due or parked delivery has its one index row; a delivered one may have one to land."""
    for delivery, values in table.deliveries.items():
        name, expected = f"delivery {' '.join(delivery)}", values["index"]
        keys = [key for key, _ in table.indexes.get(delivery, [])]
        indexed = values["state"] if values["state"] in INDEXED else ""
        landing = values["state"] == "delivered" and expected.startswith("due|")
        if expected.partition("|")[0] != indexed and not landing:
            yield f"{name}: {values['state']} with index {expected or 'nothing'}"
        if keys != ([expected] if expected else []):
            yield f"{name}: says index {expected or 'nothing'}, has {', '.join(keys) or 'nothing'}"
    for delivery, rows in table.indexes.items():
        owner = table.deliveries.get(delivery)
        for key, values in rows:
            if owner is None:
                yield f"{key}: no such delivery"
            elif stale := _stale(key, delivery, values, owner):
                yield f"{key}: another {', '.join(stale)} than its delivery"


def _stale(key: str, delivery: Delivery, values: Values, owner: Values) -> list[str]:
    """Return what an index row says otherwise than its delivery's row."""
    record, (state, *_, at, _) = json.loads(values["record"]), key.split("|")
    lands = owner["state"] == "delivered"
    pairs: dict[str, tuple[Any, Any]] = {
        "lead": (delivery[0], values["lead"]),
        "destination": (delivery[1], values["destination"]),
        "version": (owner["wanted"], values["version"]),
        "record": ((delivery[0], owner["wanted"]), (record["lead"], record["version"])),
        **{name: (owner[name], values[name]) for name in ("sent", "receipt")},
        "tried": (owner.get("tried", False), values.get("tried", False)),
    }
    if not lands:
        pairs["attempts"] = (owner["attempts"], values["attempts"])
    if state == "due":
        pairs["kind"] = ("land" if lands else "deliver", values["kind"])
        pairs["time"] = (owner["next"] and to_key(from_text(owner["next"])), at)
    else:
        pairs["reason"] = (owner["reason"], values.get("reason"))
    return [name for name, (one, other) in pairs.items() if one != other]


def _unsettled(table: _Table) -> Iterator[str]:
    """Each lead says what its touches fold to, and none is left out of its route."""
    by_contact: dict[str, list[Any]] = defaultdict(list)
    for rows in table.touches.values():
        for contact, data in rows:
            by_contact[contact].append(from_row(data))
    folded = {id_: lead for touches in by_contact.values() for id_, lead in fold(touches).items()}
    for id_ in table.leads.keys() - folded.keys():
        yield f"lead {id_}: of no touch"
    for id_ in folded.keys() & table.leads.keys():
        lead, row = folded[id_], table.leads[id_]
        record = json.loads(row["record"])
        said = {name: row[name] for name in FOLDED} | {
            n: record[n] for n in lead.facts.keys() & record
        }
        true = {name: getattr(lead, name) for name in FOLDED} | dict(lead.facts)
        said |= {"last_seen": row["last_seen"], "digest": row["digest"]}
        true |= {"last_seen": to_text(lead.seen), "digest": planning._digest(lead)}  # noqa: SLF001 - how many listings a contact looks at is told nowhere else
        if stale := [name for name, value in said.items() if true[name] != value]:
            yield f"lead {id_}: another {', '.join(stale)} than its touches"
        for destination in json.loads(row["route"]):
            values = table.deliveries.get((id_, destination))
            if values and values["reason"] == "unrouted":
                yield f"delivery {id_} {destination}: unrouted though on the lead's route"
