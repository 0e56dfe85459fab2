"""Destinations: one bad optional field keeps no lead from people: once more without it (law 14).

What was refused goes to the front of the notes, and the attempt tells of it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Final, Protocol

import httpx

from leadshare.client.errors import SignInFailed
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.destinations.errors import Refused
from leadshare.destinations.replies import own_words
from leadshare.destinations.writing.mapping import TRANSFORMS, Source, Value

TIMES: Final = 3
"""Calls for one lead at most: vendors that name one field at a time may refuse several."""

UNDESCRIBED: Final = (Refused, SignInFailed, httpx.HTTPError, LookupError, TypeError, ValueError)
"""Errors of a system that does not describe itself."""

Deliver = Callable[[Sequence[Delivery], datetime], Awaitable[Reply]]


class Fielded(Protocol):
    """What this needs of a system with fields."""

    NOTES: ClassVar[str]
    COMPOUNDS: ClassVar[tuple[frozenset[str], ...]]

    @property
    def sources(self) -> Mapping[str, Source]: ...
    def written(self, delivery: Delivery) -> Mapping[str, Value]: ...
    async def labels(self, now: datetime) -> Mapping[str, str]: ...


async def send_again(
    deliver: Deliver, there: Fielded, deliveries: Sequence[Delivery], now: datetime
) -> Reply:
    """Deliver, and those again of which values are refused, without these."""
    sent = list(deliveries)
    reply = await deliver(sent, now)
    for _ in range(TIMES - 1):
        anew = [
            await _lessened(there, *pair, now) for pair in zip(sent, reply.outcomes, strict=True)
        ]
        left = [one for one in anew if one is not None]
        if not left:
            break
        if reply.hold or reply.failing or reply.gone:
            return _later(reply, anew)
        second = await deliver(left, now)
        became = iter(second.outcomes)
        outcomes = [
            old if one is None else _told(old, next(became), one)
            for one, old in zip(anew, reply.outcomes, strict=True)
        ]
        sent = [one or before for one, before in zip(anew, sent, strict=True)]
        took_one = any(isinstance(outcome, Accepted) for outcome in outcomes)
        reply = Reply(
            tuple(outcomes),
            max(reply.status, second.status),
            second.hold,
            failing=second.failing and not took_one,
            gone=second.gone,
        )
    return reply


def _later(reply: Reply, anew: Sequence[Delivery | None]) -> Reply:
    """Return *reply* where the system wants no other call now: what may go without waits."""
    outcomes = (
        Deferred(old.reason, said=old.said) if one and isinstance(old, Rejected) else old
        for one, old in zip(anew, reply.outcomes, strict=True)
    )
    return replace(reply, outcomes=tuple(outcomes))


def _told(before: Outcome, after: Outcome, sent: Delivery) -> Outcome:
    """Return what became of the second call, with what was refused in the first."""
    told = replace(after, said=after.said or before.said)
    return replace(told, without=sent.without) if isinstance(told, Accepted) else told


async def _lessened(
    there: Fielded, sent: Delivery, outcome: Outcome, now: datetime
) -> Delivery | None:
    """Return *sent* without what was refused of it; None where nothing can be left out."""
    if not isinstance(outcome, Rejected) or outcome.fields is None:
        return None
    optional = {name for name in there.written(sent) if name != there.NOTES}
    words = own_words(outcome.said, [sent])
    blamed = _mapped(outcome.fields, there.COMPOUNDS, optional)
    blamed = blamed or _named_in(words, optional, {}, there.COMPOUNDS)
    if not blamed and words and not outcome.fields:
        blamed = _named_in(words, optional, await _labels(there, now), there.COMPOUNDS)
    new = blamed - sent.without
    return replace(sent, without=sent.without | new) if new else None


async def _labels(there: Fielded, now: datetime) -> Mapping[str, str]:
    """Return labels by field; without them, the refusal stands as it is told."""
    try:
        return await there.labels(now)
    except UNDESCRIBED:
        return {}


def _named_in(
    words: str,
    optional: Iterable[str],
    labels: Mapping[str, str],
    compounds: Sequence[frozenset[str]],
) -> frozenset[str]:
    """Return the fields that *words* name, by API name or label."""
    names = {name: {name, labels.get(name, name)} for name in (*optional, *labels)}
    names |= {name: {name} for compound in compounds for name in compound if name not in names}
    found = [name for name, called in names.items() if any(_holds(words, one) for one in called)]
    return _mapped(found, compounds, set(optional))


def _holds(words: str, name: str) -> bool:
    # As a whole word, where there are such: that a sentence has it by chance costs a call, no lead.
    if not name.isascii():
        return name.casefold() in words.casefold()
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words, re.IGNORECASE))


def _mapped(
    named: Iterable[str], compounds: Sequence[frozenset[str]], optional: set[str]
) -> frozenset[str]:
    """Return what of ours is refused with the fields *named*: compounds go whole."""
    lower = {name.lower() for name in named}
    whole = [one for one in compounds if lower & {name.lower() for name in one}]
    blamed = lower.union(*({name.lower() for name in one} for one in whole))
    return frozenset(name for name in optional if name.lower() in blamed)


def leave_out(
    values: Mapping[str, Value],
    without: frozenset[str],
    sources: Mapping[str, Source],
    notes: str,
) -> dict[str, Value]:
    """Return *values* less those of the fields *without*, which go to the front of *notes*.

    A field that has a placeholder keeps that.
    """
    kept = {name: value for name, value in values.items() if name not in without}
    gone = {name: values[name] for name in values if name in without}
    kept |= {
        name: placeholder
        for name in gone
        if (placeholder := sources[name].default) is not None and placeholder != gone[name]
    }
    if notes and gone:
        told = "\n".join(f"{_called(name, sources[name])}: {value}" for name, value in gone.items())
        html = notes in sources and sources[notes].transform == "html"
        front = f"{TRANSFORMS['html'](told)}<br>" if html else f"{told}\n"
        kept[notes] = f"{front}{kept.get(notes, '')}".strip()
    return kept


def _called(name: str, source: Source) -> str:
    return str(source.field or name).replace("_", " ").capitalize()
