"""Custody: whether the chain is as it was when the log told its heads: link by link."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from leadshare.custody.links import BESIDE, FIRST, digest, seal
from leadshare.errors import BadRequest
from leadshare.store.keys import link_number

RETENTION: Final = "retention"
"""The act that takes away what is old, names of the chain included."""

Links = Mapping[int, Mapping[str, Any]]
"""The columns of links by number, which the key of a row tells."""

Wrong = Literal["changed", "missing", "added"]


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong with one link."""

    number: int
    wrong: Wrong
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a chain came to, held against heads that the log told."""

    faults: Sequence[Fault]
    links: int
    since: int
    """The oldest head that the log told and the chain has: since it was told, no link up to there
    can have been changed unseen; before, nobody can say. 0 if there is none."""
    until: int
    """The newest such head: what came after it no line of the log vouches for."""


@dataclass(frozen=True, slots=True, order=True)
class Told:
    """A head as the log told it, its hash perhaps only the beginning."""

    number: int
    hash: str


def read_heads(lines: Iterable[str]) -> list[Told]:
    """Return the heads in *lines* of the log, or in lines of a number and a hash; each once.

    Raises `BadRequest` with the number of the line that is neither.
    """
    heads = set[Told]()
    for count, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            continue
        found = _HEAD.fullmatch(_carried(text, count))
        if found is None:
            raise BadRequest(f"line {count}: expected a number and a hash, or a line of the log")
        if int(found[1]):
            heads.add(Told(int(found[1]), found[2]))
    return sorted(heads)


_HEAD: Final = re.compile(r"(\d{1,13}) ([0-9a-f]{16,64})")


def _carried(text: str, count: int) -> str:
    """Return the head that a line of the log carries, or the line itself if it is none."""
    if not text.startswith("{"):
        return text
    try:
        line = json.loads(text)
        return str(line["chain"])
    except (KeyError, ValueError):
        raise BadRequest(f"line {count}: expected a line of the log that carries a head") from None


def verify(links: Links, heads: Sequence[Told]) -> Verdict:
    """Recompute the chain of *links*, and compare it with the *heads* that the log told."""
    told = [one.number for one in heads if _is_told(links, one)]
    last = max([*links, *(one.number for one in heads)], default=0)
    faults = [*_own(links, last, frozenset(told)), *_against(links, heads)]
    first = {fault.number: fault for fault in reversed(faults)}
    return Verdict(sorted(first.values()), len(links), min(told, default=0), max(told, default=0))


def _own(links: Links, last: int, told: frozenset[int]) -> Iterator[Fault]:
    """Yield what is wrong with the chain by itself, up to the *last* that there is to be.

    Where two links do not follow each other, the first is wrong, unless the log *told* of it.
    """
    named_from = max((_unnamed(link) for link in links.values()), default=0)
    before: str | None = FIRST
    for number in range(1, last + 1):
        link = links.get(number)
        if link is None:
            yield Fault(number, "missing", "there is no such link")
            before = None
            continue
        if why := _changed(number, link, named_from):
            yield Fault(number, "changed", why)
        if before is not None and link.get("before") != before:
            wrong = number if number - 1 in told or number == 1 else number - 1
            yield Fault(wrong, "changed", "the links before and after it do not meet")
        before = digest(link)
    for number in links:
        if number < 1:
            yield Fault(number, "added", "a chain begins with 1")


def _changed(number: int, link: Mapping[str, Any], named_from: int) -> str:
    """Return what shows by a link alone that it was changed, nothing if nothing does."""
    if link.get("number") != str(number):
        return "it says that it has another number"
    if link.get("hash") != digest(link):
        return "its hash is another's"
    if "salt" in link:
        if link.get("sealed") != seal(str(link["salt"]), link):
            return "who ordered what was changed"
    elif any(name in link for name in BESIDE):
        return "who ordered what was added"
    elif "sealed" in link and number > named_from:
        return "who ordered what is gone before its time"
    return ""


def _unnamed(link: Mapping[str, Any]) -> int:
    """Return up to which link a run of retention says that it took names away."""
    if link.get("what") != RETENTION:
        return 0
    try:
        return int(json.loads(link["numbers"])["acts_to"])
    except (KeyError, TypeError, ValueError):
        return 0


def _against(links: Links, heads: Sequence[Told]) -> Iterator[Fault]:
    """Yield what is otherwise than the log told."""
    for head in heads:
        if head.number not in links:
            yield Fault(head.number, "missing", "the log tells of it")
        elif not _is_told(links, head):
            yield Fault(head.number, "changed", "the log tells of another hash")
    known = {head.number for head in heads}
    # Whoever writes a link tells of it at once.
    for number in range(min(known, default=0), max(known, default=0)):
        if number in links and number not in known:
            yield Fault(number, "added", _UNTOLD)


_UNTOLD: Final = "no line of the log tells of it, unless its process died right then"


def _is_told(links: Links, head: Told) -> bool:
    return head.number in links and digest(links[head.number]).startswith(head.hash)


def by_number(links: Iterable[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Return *links*, as the deployment lists them, by the number that their keys tell."""
    return {
        link_number(one["key"]): {name: text for name, text in one.items() if name != "key"}
        for one in links
    }
