"""Store: the keys of index rows: {kind}|...|{time}|{id}."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from leadshare.store.keys.parts import Span, under
from leadshare.times import from_key, to_key, to_reverse_key

HOUSE: Final = "_house"
"""The lane of what is due and belongs to no destination: no destination's name begins so."""


def due_key(destination: str, rank: str, at: datetime, lead: str, about: str = "") -> str:
    """Return the key of the index row of what is due: by rank, then by time.

    *about* tells what else is due for the same lead apart from its delivery.
    """
    key = f"due|{destination}|{rank}|{to_key(at)}|{lead}"
    return f"{key}|{about}" if about else key


def parked_key(destination: str, at: datetime, lead: str) -> str:
    """Return the key of the index row of a parked delivery."""
    return f"parked|{destination}|{to_key(at)}|{lead}"


def seen_key(at: datetime, lead: str) -> str:
    """Return the key of a lead's row in the newest-first list."""
    return f"seen|{to_reverse_key(at)}|{lead}"


def unfollowed_key(routing: str, at: datetime, lead: str) -> str:
    """Return the key of the index row of a lead that nobody follows up since *at*."""
    return f"{routing}|{to_key(at)}|{lead}"


def waits_key(since: datetime, lead: str) -> str:
    """Return the key of the index row of a lead that waits for a call *since* then."""
    return f"waiting|{to_key(since)}|{lead}"


def found_key(name: str, lead: str, about: str) -> str:
    """Return the key of the index row by which a *lead* is found; *about* tells two rows apart."""
    return f"find|{name}|{lead}|{about}"


def quarantine_key(at: datetime, touch: str) -> str:
    """Return the key of a touch that could not be read."""
    return f"quarantine|{to_key(at)}|{touch}"


def body_key(received: datetime, touch: str) -> str:
    """Return the key of the body of a *touch*, as it was received."""
    return f"raw|{to_key(received)}|{touch}"


def suppressed_key(used: datetime, contact: str) -> str:
    """Return the key of the index row of a *contact* that was erased or has objected.

    By when that was last of use, as far as this row knows: its own row may say later.
    """
    return f"suppressed|{to_key(used)}|{contact}"


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


def index_keys_in(texts: Iterable[object], contact: str) -> list[str]:
    """Return those of *texts* that are keys of index rows of a *contact* or of its leads."""
    return [
        text
        for text in texts
        if isinstance(text, str) and f"|{contact}" in text and _INDEX.match(text)
    ]


_INDEX: Final = re.compile(r"[a-z_]+\|")


def all_due(destination: str = "", rank: str = "") -> Span:
    """Return the range of all that is due, at one *destination* and of one *rank* if told."""
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


def seen_between(top: datetime, bottom: datetime) -> Span:
    """Return the range of the leads last seen at *top* or before, and after *bottom*."""
    start, _ = under("seen")
    return f"{start}{to_reverse_key(top)}|", f"{start}{to_reverse_key(bottom)}|"


def all_unfollowed(routing: str, since: datetime | None = None) -> Span:
    """Return the range of the leads that nobody follows up, *since* when that is so."""
    start, end = under(routing)
    return f"{start}{to_key(since)}|" if since else start, end


def all_waiting(since: datetime | None = None) -> Span:
    """Return the range of the leads that wait for a call, the longest first, *since* then."""
    start, end = under("waiting")
    return f"{start}{to_key(since)}|" if since else start, end


def count_key(at: datetime, number: int, subject: str) -> str:
    """Return the key of the row that a *subject* is counted otherwise for the *number*-th time.

    The subject is a lead, or a lead and a destination.
    """
    return f"count|{to_key(at)}|{number}|{subject}"


def tally_key(day: date) -> str:
    """Return the key of what was counted on a *day* in a partition."""
    return f"tally|{day.isoformat()}"


def fresh_key(day: date) -> str:
    """Return the key of the row that a *day* of the partition is to be summed anew."""
    return f"fresh|{day.isoformat()}"


def day_in(key: str) -> date:
    """Return the day in the *key* of a tally's row, or of one that it is to be summed."""
    return date.fromisoformat(key.split("|")[1])


def all_counts() -> Span:
    """Return the range of what is counted otherwise and not folded yet, in its order."""
    return under("count")


def all_tallies() -> Span:
    """Return the range of all days of a partition."""
    return under("tally")


def all_fresh() -> Span:
    """Return the range of the days of a partition that are to be summed anew."""
    return under("fresh")


def all_found(name: str) -> Span:
    """Return the range of the rows of the leads that are found under a *name*."""
    return under("find", name)


def all_quarantined(until: datetime | None = None) -> Span:
    """Return the range of all touches that could not be read, *until* when they came."""
    return _until("quarantine", until)


def all_bodies(until: datetime | None = None) -> Span:
    """Return the range of the bodies of touches, *until* when they were received."""
    return _until("raw", until)


def all_suppressed(until: datetime | None = None) -> Span:
    """Return the range of contacts that were erased or have objected, last used *until* then."""
    return _until("suppressed", until)


def _until(kind: str, until: datetime | None) -> Span:
    start, end = under(kind)
    return start, f"{start}{to_key(until)}|" if until else end
