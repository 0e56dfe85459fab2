"""Store: the grammar of all keys: where rows lie in the three tables, and what their keys say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from leadshare.times import from_key, to_key, to_reverse_key

PARTITIONS: Final = "0123456789abcdef"
"""Of the table of leads: the first hex digit of a contact id; quarantine goes by the touch id's."""

LANE: Final = "lane"
"""Of the table of state: the lanes, by destination."""

MARKETPLACE_TABLES: Final = "marketplace-tables"
"""Of the table of state: how far Microsoft's tables were read, by `marketplace_table_key`."""

ACT: Final = "act"
"""Of the table of state: what was ordered, by `act_key`."""

IDENTITY: Final = "identity"
FINGERPRINT: Final = "key"
"""Of the table of state: the one row of the identity key's fingerprint, `identity|key`."""

PROOF: Final = "proof"
LAST_PROOF: Final = "last"
"""Of the table of state: the one row of the proof, `proof|last`."""

STATE: Final = "state"
WATCH: Final = "watch"
"""Of the table of state: when silent listings were reported last, `state|watch`."""

REFERRAL: Final = "referral"
"""The one partition of the table of referrals, by a referral's id."""

Span = tuple[str, str]
"""A range of keys: from the first on, up to but without the second."""


def partition_of(contact_or_lead: str) -> str:
    """Return the partition of everything about a contact."""
    return contact_or_lead[0]


def contact_of(lead: str) -> str:
    """Return the contact id in a *lead* id."""
    return lead.partition("-")[0]


# A contact's own rows: {contact}|{kind}|...


def contact_key(contact: str) -> str:
    """Return the key of a contact's own row."""
    return f"{contact}|contact"


def touch_key(contact: str, touch: str) -> str:
    """Return the key of a touch's row."""
    return f"{contact}|touch|{touch}"


def lead_key(lead: str) -> str:
    """Return the key of a lead's row."""
    return _of_lead("lead", lead)


def delivery_key(lead: str, destination: str) -> str:
    """Return the key of a delivery's one row."""
    return f"{_of_lead('delivery', lead)}|{destination}"


def deliveries_of(lead: str) -> Span:
    """Return the range of the rows of all deliveries of a *lead*."""
    return under(_of_lead("delivery", lead))


def attempt_key(lead: str, destination: str, at: datetime) -> str:
    """Return the key of an attempt's row."""
    return f"{_of_lead('attempt', lead)}|{destination}|{to_key(at)}"


def _of_lead(kind: str, lead: str) -> str:
    contact, _, listing = lead.partition("-")
    return f"{contact}|{kind}|{listing}"


def kind_in(key: str) -> str:
    """Return what a contact's row is by its *key*: contact, lead, touch, delivery or attempt."""
    return key.split("|")[1]


def lead_in(key: str) -> str:
    """Return the lead id in the *key* of a lead's, a delivery's or an attempt's row."""
    contact, _, listing = key.split("|")[:3]
    return f"{contact}-{listing}"


def attempt_in(key: str) -> tuple[str, datetime]:
    """Return the destination and the time in the *key* of an attempt's row."""
    destination, at = key.split("|")[3:]
    return destination, from_key(at)


def without_attempts(contact: str) -> Span:
    """Return the range of a contact's rows but its attempts, which only grow."""
    return f"{contact}|b", f"{contact}|~"


def whole_story(contact: str, kind: str = "") -> Span:
    """Return the range of all of a contact's rows, of one *kind* if it is named."""
    return under(contact, kind)


def of_contacts() -> Span:
    """Return a range that holds all rows of contacts, and some index rows as well."""
    return "0", "g"


# Index rows: {kind}|...|{time}|{id}


def due_key(destination: str, rank: str, at: datetime, lead: str) -> str:
    """Return the key of the index row of what is due: by rank, then by time."""
    return f"due|{destination}|{rank}|{to_key(at)}|{lead}"


def parked_key(destination: str, at: datetime, lead: str) -> str:
    """Return the key of the index row of a parked delivery."""
    return f"parked|{destination}|{to_key(at)}|{lead}"


def seen_key(at: datetime, lead: str) -> str:
    """Return the key of a lead's row in the newest-first list."""
    return f"seen|{to_reverse_key(at)}|{lead}"


def unfollowed_key(routing: str, at: datetime, lead: str) -> str:
    """Return the key of the index row of a lead that nobody follows up since *at*."""
    return f"{routing}|{to_key(at)}|{lead}"


def found_key(name: str, lead: str, about: str) -> str:
    """Return the key of the index row by which a *lead* is found; *about* tells two rows apart."""
    return f"find|{name}|{lead}|{about}"


def quarantine_key(at: datetime, touch: str) -> str:
    """Return the key of a touch that could not be read."""
    return f"quarantine|{to_key(at)}|{touch}"


_TIME_AT: Final = {"due": 3, "parked": 2}
"""Where the time is in keys of these kinds; in others it follows the kind."""


def index_kind(key: str) -> str:
    """Return what an index row is by its *key*: due, parked, seen and so on."""
    return key.split("|", 1)[0]


def index_time(key: str) -> datetime:
    """Return since when what an index row is about is so; not of `seen`, whose times run back."""
    parts = key.split("|")
    return from_key(parts[_TIME_AT.get(parts[0], 1)])


def due_in(key: str) -> tuple[str, datetime] | None:
    """Return the lane and the time in the *key* of a due row; None for any other row's key."""
    return (key.split("|")[1], index_time(key)) if index_kind(key) == "due" else None


def all_due(destination: str, rank: str = "") -> Span:
    """Return the range of all that is due at *destination*, of one *rank* if it is named."""
    return under("due", destination, rank)


def due_by(destination: str, rank: str, now: datetime) -> Span:
    """Return the range of what is due by *now*."""
    start, _ = all_due(destination, rank)
    return start, f"{start}{to_key(now)}|~"


def due_elsewhere(destinations: Iterable[str]) -> list[Span]:
    """Return the ranges of all that is due at any destination but these."""
    spans = sorted(all_due(name) for name in destinations)
    first, last = under("due")
    starts = [first, *(end for _, end in spans)]
    ends = [*(start for start, _ in spans), last]
    return list(zip(starts, ends, strict=True))


def all_parked(destination: str = "") -> Span:
    """Return the range of all that is parked, at one *destination* if it is named."""
    return under("parked", destination)


def all_seen(since: datetime | None = None) -> Span:
    """Return the range of the leads in the newest-first list, *since* when they were seen."""
    start, end = under("seen")
    # Reverse times: what was seen at `since` sorts before what was seen earlier.
    return start, f"{start}{to_reverse_key(since)}|~" if since else end


def all_unfollowed(routing: str, since: datetime | None = None) -> Span:
    """Return the range of the leads that nobody follows up, *since* when that is so."""
    start, end = under(routing)
    return f"{start}{to_key(since)}|" if since else start, end


def all_found(name: str) -> Span:
    """Return the range of the rows of the leads that are found under a *name*."""
    return under("find", name)


def all_quarantined() -> Span:
    """Return the range of all touches that could not be read."""
    return under("quarantine")


def behind(key: str) -> str:
    """Return where a range begins that goes on behind *key*."""
    return f"{key}\0"


def under(*parts: str) -> Span:
    """Return the range of the keys that begin with *parts*, but for those that are empty."""
    prefix = "|".join(filter(None, parts))
    return f"{prefix}|", f"{prefix}|~"


# The table of state.


def act_key(at: datetime, act: str) -> str:
    """Return the key of the row of an act's beginning or end, by its own name: newest first."""
    return f"{to_reverse_key(at)}|{act}"


def marketplace_table_key(account: str | None, table: str) -> str:
    """Return the key of the row of one of Microsoft's tables."""
    return f"{account}|{table.lower()}"


def whole_partition() -> Span:
    """Return the range of all rows of a partition of the table of state, or of referrals."""
    return "", "~"
