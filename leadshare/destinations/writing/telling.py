"""Destinations: a lead in words: the text of a new record, and the entries of its timeline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from leadshare.deliveries.record import Entry, Person, Record
from leadshare.persons.names import companies_contradict, names_contradict
from leadshare.playbook import Intent
from leadshare.times import from_text

MOST: Final = 20
"""Entries that one hand-over tells of a lead; of more, the newest."""

CUT: Final = "(cut; whole in leadshare)"
"""Ends a text of which the system cannot hold more."""

# What XML 1.0 cannot hold, half a surrogate pair included; CRMs refuse it by various names.
_INVALID: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_DEEDS: Final = {
    Intent.NONE: "asked not to be contacted",
    Intent.OTHER: "came by the marketplace",
    Intent.CONTACT_REQUEST: "asked to be contacted",
    Intent.TRIAL: "started a trial",
    Intent.ACQUISITION: "acquired the product",
    Intent.PURCHASE: "bought the offer",
}
"""What a customer did, by the intent that it showed."""


@dataclass(frozen=True, slots=True)
class View:
    """A lead as a destination is told of it."""

    record: Record
    entries: Sequence[Entry] = ()
    """What the destination has not heard of yet, oldest first."""
    zone: str = "UTC"
    """The time zone of those who read it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Whom a system's record shows."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""

    def contradicts(self, first_name: str, last_name: str, company: str) -> bool:
        """Say whether this is somebody else, or somebody of another employer."""
        name = (self.first_name, self.last_name)
        other = names_contradict(name, (first_name, last_name))
        return other or companies_contradict(self.company, company)


@dataclass(frozen=True, slots=True)
class Note:
    """One entry of a story, as a system's timeline tells it."""

    touch: str
    """32 hex digits: what it is known by, a touch's id or a step's."""
    at: datetime
    subject: str
    text: str


ERASED: Final = "(erased)"
"""Stands where a record must be called something, and its person was taken out."""


def summary(view: View) -> str:
    """Tell a seller of a new lead: the customer's words, then what they did, then why the score."""
    if len(view.entries) > 1:
        words = "\n\n".join(_told(entry, view.zone) for entry in reversed(view.entries))
    else:
        words = "".join(entry["words"] for entry in view.entries) or view.record["notes"]
    return "\n\n".join(filter(None, (words, _done(view.record, view.zone), _why(view.record))))


def notes(view: View, shown: Shown) -> list[Note]:
    """Return what the timeline of a record that tells of *shown* is owed, oldest first."""
    told = [_note(view, entry, shown) for entry in view.entries[-MOST:]]
    if (earlier := len(view.entries) - MOST) > 0:
        told[0] = replace(told[0], text=f"{told[0].text}\n\nand {earlier} earlier")
    return told


def _note(view: View, entry: Entry, shown: Shown) -> Note:
    record = view.record
    said = f"{_who(entry, shown)} {_deed(entry['intent'])}"
    subject = ": ".join(filter(None, (said, _listing(record))))
    standing = f"score {record['score']}, {spoken(record['stage'])}"
    # An entry knows its campaign by id alone; people know the lead's by its name.
    same = entry["campaign"] == record["campaign"]
    name = record["campaign_name"] if same else entry["campaign"]
    campaign = name and f"Campaign: {name}"
    last = "\n".join(filter(None, (person(entry), campaign, at(entry["received"], view.zone))))
    return Note(
        touch=entry["touch"],
        at=from_text(entry["received"]),
        subject=printable(f"{subject} ({standing})"),
        text=printable("\n\n".join(filter(None, (entry["words"], last)))),
    )


def _who(entry: Entry, shown: Shown) -> str:
    """Return who an entry is of, and that it is not who the record shows."""
    name = full_name(entry)
    who = name or entry["company"] or "The customer"
    if not shown.contradicts(entry["first_name"], entry["last_name"], entry["company"]):
        return who
    other = f"{shown.first_name} {shown.last_name}".strip() or shown.company
    if not name:
        return f"Another person at this address, of {entry['company']}, not {other},"
    return f"{name}, not {other}," if other != name else f"{name}, now of {entry['company']},"


def _told(entry: Entry, zone: str) -> str:
    head = f"{at(entry['received'], zone)}, {_deed(entry['intent'])}: {person(entry)}"
    return "\n".join(filter(None, (head.removesuffix(": "), entry["words"])))


def _done(record: Record, zone: str) -> str:
    kind = ", ".join(filter(None, (record["listing"], record["listing_kind"])))
    campaign = ", ".join(filter(None, (record["campaign_name"], record["campaign_kind"])))
    also = "; ".join(filter(None, map(person, record["persons"])))
    facts = {
        "Asked for": spoken(record["intent"]),
        "Listing": " ".join(filter(None, (record["listing_title"], kind and f"({kind})"))),
        "Storefront": spoken(record["storefront"]),
        "Campaign": campaign,
        "Consent": record["consent"],
        "Touches": f"{record['touches']}, the last on {at(record['last_touch'], zone)}",
        "Also wrote from this address": also,
    }
    return "\n".join(f"{name}: {text}" for name, text in facts.items() if text)


def _why(record: Record) -> str:
    score = f"Score: {record['score']} of 100, {spoken(record['stage'])}"
    return "\n".join((score, *record["reasons"]))


def person(one: Entry | Person) -> str:
    """Return who wrote, with what they said of themselves."""
    told = (one[name] for name in ("job_title", "company", "phone", "country"))
    return ", ".join(filter(None, (full_name(one), *told)))


def full_name(one: Entry | Person | Record) -> str:
    """Return the first and the last name."""
    return f"{one['first_name']} {one['last_name']}".strip()


def at(text: str, zone: str) -> str:
    """Return an instant as people of a time zone read it, such as `3 Nov 2026, 14:05 CET`."""
    instant = from_text(text).astimezone(ZoneInfo(zone))
    return f"{instant.day} {instant:%b %Y, %H:%M %Z}"


def spoken(code: str) -> str:
    """Return a code of ours as words."""
    return code.replace("_", " ")


def printable(text: str) -> str:
    """Return *text* without what no system can hold."""
    return _INVALID.sub("", text)


def _deed(intent: str) -> str:
    return _DEEDS[Intent(intent)]


def topic(record: Record) -> str:
    """Return what sellers may call a lead: the listing, and the company or else the person."""
    what = _listing(record) or "Marketplace lead"
    return " - ".join(filter(None, (what, record["company"] or full_name(record))))


def _listing(record: Record) -> str:
    return record["listing_title"] or record["listing"]
