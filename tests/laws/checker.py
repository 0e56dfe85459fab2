"""Laws 1 to 3, 8, 9, 12, 13 and 16 of docs/architecture.md, as far as rows show them."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadshare.configuration.campaigns import NO_CAMPAIGNS, Campaigns
from leadshare.deliveries.ledger import record_name
from leadshare.deliveries.ledger.story import above, pack, unpack
from leadshare.identity import Identity
from leadshare.leads.folding.story import entries
from leadshare.leads.lead import Lead, beside, digest, facts_of, fold
from leadshare.leads.touch import Touch, from_row
from leadshare.persons.finding import found_by
from leadshare.persons.names import placed
from leadshare.reason import Reason
from leadshare.scoring.receipt import best, to_row
from leadshare.scoring.rules import tells_apart
from leadshare.scoring.settings import Scoring
from leadshare.store.finding import index_rows
from leadshare.store.keys import found_key
from leadshare.store.table import to_json
from leadshare.times import from_text, to_key, to_text
from tests.laws.columns import COLUMNS, FOLDED
from tests.laws.counting import UTC, Counting, of_counting, recounted
from tests.laws.erased import Erased, leave_out, of_erased
from tests.laws.keeping import Kept, of_kept, staying
from tests.laws.outcomes import of_sources, stage_of
from tests.laws.tracks import Tracked, of_tracks
from tests.laws.waiting import Waiting, of_waiting

Values = Mapping[str, Any]
Delivery = tuple[str, str]
"""A lead's id and a destination's name."""

DEFAULT: Final = Scoring.model_validate({})
"""The built-in rules."""

STATES: Final = ("due", "delivered", "parked", "suppressed")
INDEXED: Final = ("due", "parked")
LISTED: Final = ("unrouted", "notice_only")
"""Normal leads that nobody follows up and that have a row in an index of their own."""
SPECIAL: Final = ("internal", "blank", "no_contact", "test")
"""Categories whose leads go only to destinations that ask for them."""

CAMPAIGNS: Final = ("campaign", "campaign_name", "first_campaign", "last_campaign")
"""Fields of its record that its touches and the publisher's campaigns decide."""

_LEAD: Final = "(?P<place>[0-9a-f]{32}-[0-9a-f]{16})"
_ID: Final = "(?P<place>[0-9a-f]{32})"
_OF_CONTACT: Final = re.compile(
    rf"{_ID}\|(?P<kind>contact|touch|lead|delivery|attempt|outcome)(?:\|(?P<rest>.+))?"
)
_INDEX: Final = re.compile(
    rf"(?P<kind>due(?=\|[^|]+\|[01]\|)|parked(?=\|[^|]+\|\d{{13}}\|))"
    rf"\|(?P<destination>[^|]+)(?:\|[01])?\|\d{{13}}\|{_LEAD}"
)
_SEEN: Final = re.compile(rf"(?P<kind>seen|unrouted|notice_only)\|\d{{13}}\|{_LEAD}")
_FIND: Final = re.compile(
    rf"(?P<kind>find)\|(?P<name>[0-9a-f]{{32}})\|{_LEAD}\|(?P<about>[a-z0-9][a-z0-9_-]*)"
)
_QUARANTINE: Final = re.compile(rf"(?P<kind>quarantine)\|\d{{13}}\|{_ID}")

_KEYS: Final = (_OF_CONTACT, _INDEX, _SEEN, _FIND, _QUARANTINE)


def violations(  # noqa: PLR0913 - what rows are held to
    rows: Iterable[tuple[str, str, Values]],
    accepts: Mapping[str, Collection[str]] | None = None,
    *,
    notices: Collection[str] = (),
    settled: bool = False,
    scoring: Scoring = DEFAULT,
    campaigns: Campaigns = NO_CAMPAIGNS,
    identity: Identity | None = None,
    zone: ZoneInfo = UTC,
) -> list[str]:
    """Return what is wrong with *rows*, all of a table as (partition, key, values).

    *accepts* names the special categories that destinations ask for, *notices* the destinations
    that only tell of a lead. Once nothing is queued any more, *settled* says so: then every lead is
    the fold of its touches, too, is in that of *campaigns* and has the score that *scoring* gives
    it. Whose *identity* key is known, of its leads the names in the index are what their facts are
    called. Days that were counted are a *zone*'s.
    """
    table = _Table()
    for partition, key, values in staying(rows):
        others = (table.erased, table.waiting, table.kept, table.counting, table.tracked)
        if not any(one.add(partition, key, values) for one in others):
            table.add(partition, key, values)
    counted = [*of_counting(table.leads, table.deliveries, table.counting, zone)]
    leave_out(table)
    return [
        *table.strange,
        *of_erased(table.contacts, table.touches, table.erased),
        *_touches(table),
        *_leads(table),
        *_taken(table, notices),
        *_deliveries(table, accepts or {}),
        *_indexes(table),
        *_stories(table),
        *of_sources(table.leads, table.outcomes),
        *of_waiting(table.leads, table.waiting),
        *of_tracks(table.leads, table.contacts, table.tracked),
        *of_kept(table.contacts, table.touches, table.kept),
        *counted,
        *recounted(table.leads, table.told, table.outcomes),
        *_found(table),
        *(_named(table, identity) if identity else ()),
        *(_unsettled(table, scoring, campaigns) if settled else ()),
    ]


@dataclass
class _Table:
    """All rows by what they are about."""

    contacts: dict[str, Values] = field(default_factory=dict)
    touches: dict[str, list[tuple[str, Touch]]] = field(default_factory=lambda: defaultdict(list))
    """By touch: the contact whose row it is, and the touch."""
    leads: dict[str, Values] = field(default_factory=dict)
    seen: dict[str, list[tuple[str, Values]]] = field(default_factory=lambda: defaultdict(list))
    listed: dict[str, list[tuple[str, Values]]] = field(default_factory=lambda: defaultdict(list))
    """By lead: its rows among those that nobody follows up."""
    deliveries: dict[Delivery, Values] = field(default_factory=dict)
    attempts: dict[Delivery, list[Values]] = field(default_factory=lambda: defaultdict(list))
    outcomes: list[Values] = field(default_factory=list)
    indexes: dict[Delivery, list[tuple[str, Values]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    erased: Erased = field(default_factory=Erased)
    waiting: Waiting = field(default_factory=Waiting)
    tracked: Tracked = field(default_factory=Tracked)
    kept: Kept = field(default_factory=Kept)
    counting: Counting = field(default_factory=Counting)
    found: dict[str, dict[str, Values]] = field(default_factory=lambda: defaultdict(dict))
    """By lead: its rows in the index by which people find it, by key."""
    strange: list[str] = field(default_factory=list)

    @property
    def told(self) -> Iterator[Touch]:
        """All touches."""
        return (touch for rows in self.touches.values() for _, touch in rows)

    def add(self, partition: str, key: str, values: Values) -> None:
        """Sort one row in; what it cannot be is told as strange."""
        matches = (p.fullmatch(key) for p in _KEYS)
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
        elif kind == "find":
            self.found[place][key] = values
        elif kind in LISTED:
            self.listed[place].append((key, values))
        elif kind != "quarantine":
            self._add_of_contact(place, kind, match["rest"] or "", values)

    def _add_of_contact(self, contact: str, kind: str, rest: str, values: Values) -> None:
        listing, *more = rest.split("|")
        lead = f"{contact}-{listing}"
        if kind == "contact":
            self.contacts[contact] = values
        elif kind == "touch":
            self.touches[rest].append((contact, from_row(values)))
        elif kind == "lead":
            self.leads[lead] = values
        elif kind == "delivery":
            self.deliveries[lead, more[0]] = values
        elif kind == "outcome":
            self.outcomes.append(values)
        elif "kind" not in values:  # as an attempt to remind is
            self.attempts[lead, more[0]].append(values)


def _touches(table: _Table) -> Iterator[str]:
    """Each touch is in one row, of its own contact, and in a lead."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for touch, rows in table.touches.items():
        if len(rows) > 1:
            yield f"touch {touch}: in {len(rows)} rows"
        for contact, data in rows:
            counts[contact]["touches"] += 1
            if (data.id, data.contact) != (touch, contact):
                yield f"touch {touch}: under another contact or id than its own"
            if data.lead not in table.leads:
                yield f"touch {touch}: in no lead"
    for lead, values in table.leads.items():
        normal = values["category"] not in SPECIAL
        counts[lead.partition("-")[0]].update({"leads": 1, "listings": normal})
    for contact in table.contacts.keys() | counts.keys():
        for name in COLUMNS["contact"]:
            said, found = table.contacts.get(contact, {}).get(name, 0), counts[contact][name]
            if said != found:
                yield f"contact {contact}: says {said} {name}, has {found}"


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


def _taken(table: _Table, notices: Collection[str]) -> Iterator[str]:
    """Law 9: each normal lead is owed to who follows it up, or is told, listed or kept as it is."""
    for lead, values in table.leads.items():
        route, said = json.loads(values["route"]), values["routing"]
        if values["category"] in SPECIAL:
            allowed = {""}
        elif any(destination not in notices for destination in route):
            allowed = {"routed"}
        else:
            allowed = {"kept", "notice_only" if route else "unrouted"}
        if said not in allowed:
            name = said or "nothing"
            yield f"lead {lead}: {name} though {values['category']} and on its way to {route}"
        rows = table.listed.get(lead, [])
        keys, expected = [key for key, _ in rows], values["index"]
        if keys != ([expected] if expected else []):
            yield f"lead {lead}: says index {expected or 'none'}, has {', '.join(keys) or 'none'}"
        if expected.partition("|")[0] != (said if said in LISTED else ""):
            yield f"lead {lead}: {said} with index {expected or 'none'}"
        for key, summary in rows:
            if stale := [name for name, value in summary.items() if values.get(name) != value]:
                yield f"{key}: another {', '.join(stale)} than its lead"
    for lead in table.listed.keys() - table.leads.keys():
        yield f"{table.listed[lead][0][0]}: no such lead"


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
            *_followed_up(values, owner, accepts.get(destination, ())),
        ]
        attempts = table.attempts.get((lead, destination), [])
        if any(attempt["version"] > owner["version"] for attempt in attempts):
            wrong.append("an attempt at a version that is not there yet")
        if owner["category"] in SPECIAL and not accepts.get(destination) and attempts:
            wrong.append(f"an attempt for a {owner['category']} lead")
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


def _followed_up(values: Values, owner: Values, accepted: Collection[str]) -> Iterator[str]:
    category = owner["category"]
    state, asked = values["state"], category not in SPECIAL or category in accepted
    if not asked and state != "suppressed":
        yield f"{state} though {category}"
    if not asked and not accepted and values["sent"]:
        yield f"sent though {category}"
    # What of a route that a lead leaves does not fit is cleared a transaction before it says so.
    # Off its route, a delivery tells why the version that it wanted must not go.
    now = values["wanted"] == owner["version"]
    if asked and now and state == "suppressed" and values["reason"] != "left_route":
        yield f"suppressed as {values['reason']} though {category}"


def _indexes(table: _Table) -> Iterator[str]:
    """A due or parked delivery has its one index row; a delivered one may have a look-up's."""
    for delivery, values in table.deliveries.items():
        name, expected = f"delivery {' '.join(delivery)}", values["index"]
        keys = [key for key, _ in table.indexes.get(delivery, [])]
        indexed = values["state"] if values["state"] in INDEXED else ""
        look_up = values["state"] == "delivered" and expected.startswith("due|")
        if expected.partition("|")[0] != indexed and not look_up:
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
    delivered = owner["state"] == "delivered"
    pairs: dict[str, tuple[Any, Any]] = {
        "lead": (delivery[0], values["lead"]),
        "destination": (delivery[1], values["destination"]),
        "version": (owner["wanted"], values["version"]),
        "record": ((delivery[0], owner["wanted"]), (record["lead"], record["version"])),
        **{name: (owner[name], values[name]) for name in ("sent", "record_id")},
        "tried": (owner.get("tried", False), values.get("tried", False)),
    }
    if not delivered:
        pairs["attempts"] = (owner["attempts"], values["attempts"])
        pairs["said"] = (owner.get("said", ""), values.get("said", ""))
    if state == "due":
        pairs["kind"] = ("look_up" if delivered else "deliver", values["kind"])
        pairs["time"] = (owner["next"] and to_key(from_text(owner["next"])), at)
    else:
        pairs["reason"] = (owner["reason"], values.get("reason"))
    return [name for name, (one, other) in pairs.items() if one != other]


def _stories(table: _Table) -> Iterator[str]:
    """A lead's story has each of its touches that made a version, once, and what is due has those
    above the version sent.
    """
    own: dict[str, list[Touch]] = defaultdict(list)
    for rows in table.touches.values():
        for _, touch in rows:
            own[touch.lead].append(touch)
    for lead, values in table.leads.items():
        made = [touch.version for touch in own[lead] if touch.version]
        if len(made) != len(set(made)) or any(version > values["version"] for version in made):
            yield f"lead {lead}: at version {values['version']} with touches that made {made}"
        told = entries([one for one in own[lead] if one.category == values["category"]])
        if values["story"] != pack(told):
            yield f"lead {lead}: another story than its touches"
        for destination, indexed in _indexed(table, lead):
            for key, due in indexed:
                # Its replay takes the story anew, from the lead.
                owed = [] if due["kind"] == "look_up" else above(told, due["sent"])
                anew = due.get("reason") == Reason.NOT_FOUND_AFTER_ACCEPT
                if not anew and unpack(due["story"]) != unpack(pack(owed)):
                    yield f"{key}: to {destination} with another story than is owed"


def _indexed(table: _Table, lead: str) -> Iterator[tuple[str, list[tuple[str, Values]]]]:
    for (one, destination), rows in table.indexes.items():
        if one == lead:
            yield destination, rows


def _found(table: _Table) -> Iterator[str]:
    """A lead is found by what its touches told and by its record ids, and by nothing else."""
    told: dict[str, dict[str, Any]] = defaultdict(dict)
    for rows in table.touches.values():
        for _, touch in rows:
            told[touch.lead] |= index_rows(touch.lead, touch.found)
    records = {delivery for delivery, values in table.deliveries.items() if values["record_id"]}
    for lead in told.keys() | table.found.keys():
        there = {key: v for key, v in table.found[lead].items() if "destination" not in v}
        if there != told[lead]:
            yield f"lead {lead}: found by {sorted(there)}, told {sorted(told[lead])}"
    owners = [
        (lead, values["destination"])
        for lead, rows in table.found.items()
        for values in rows.values()
        if "destination" in values
    ]
    if sorted(owners) != sorted(records):
        yield f"found by record: {sorted(owners)}, with a record id: {sorted(records)}"


def _named(table: _Table, identity: Identity) -> Iterator[str]:
    """Names in the index are those of the facts, under the key that all ids are made with."""
    for rows in table.touches.values():
        for _, touch in rows:
            if touch.found != found_by(touch.facts, identity.index_name):
                yield f"touch {touch.id}: found by other names than its facts"
    for (lead, destination), values in table.deliveries.items():
        name = record_name(values["record_id"], identity.index_name)
        if name and found_key(name, lead, destination) not in table.found[lead]:
            yield f"delivery {lead} {destination}: not found by its record id"


def _score(lead: Lead, row: Values, scoring: Scoring) -> dict[str, Any]:
    """Return what the columns of the score are to say of *lead*."""
    apart = tells_apart("listings", chain.from_iterable(rule.when for rule in scoring.rule))
    receipt = best([facts_of(lead, person) for person in lead.persons], scoring)
    return {
        "score": receipt.score,
        "receipt": to_json(to_row(receipt)),
        "listings": beside(lead, lead.listings, apart).listings,
        "stage": stage_of(scoring.stage(lead.category, lead.storefront, receipt.score), row),
    }


def _unsettled(table: _Table, scoring: Scoring, campaigns: Campaigns) -> Iterator[str]:
    """Each lead says what its touches fold to, and none is left out of its route."""
    by_contact: dict[str, list[Any]] = defaultdict(list)
    for rows in table.touches.values():
        for contact, data in rows:
            by_contact[contact].append(data)
    folds = (fold(touches, campaigns) for touches in by_contact.values())
    folded = {id_: lead for found in folds for id_, lead in found.items()}
    for id_ in table.leads.keys() - folded.keys():
        yield f"lead {id_}: of no touch"
    for id_ in folded.keys() & table.leads.keys():
        lead, row = folded[id_], table.leads[id_]
        record = json.loads(row["record"])
        said = {name: row[name] for name in FOLDED} | {
            n: record[n] for n in (*lead.facts, *CAMPAIGNS) if n in record
        }
        true = {name: getattr(lead, name) for name in (*FOLDED, *CAMPAIGNS)} | dict(lead.facts)
        first, last = placed((lead.facts["first_name"], lead.facts["last_name"]))
        true |= {"first_name": first, "last_name": last}
        true |= {
            "last_seen": to_text(lead.seen),
            "digest": digest(lead),
            **_score(lead, row, scoring),
        }
        said |= {name: row[name] for name in true.keys() - said.keys() & row.keys()}
        if stale := [name for name, value in said.items() if true[name] != value]:
            yield f"lead {id_}: another {', '.join(stale)} than its touches"
        for destination in json.loads(row["route"]):
            values = table.deliveries.get((id_, destination))
            if values and values["reason"] == "left_route":
                yield f"delivery {id_} {destination}: left though on the lead's route"
