"""Client: what the words of an answer tell, whatever status and code they come with.

Vendors hide throttles, used-up quotas and faults of the moment behind 400, 403 and 500, behind
general codes, and in parts of an answer. What is looked for are the words of machines; what a
customer wrote must be taken out of a text first, see `sentences.without`.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final


class Sign(Enum):
    """What a text tells of the system that said it."""

    QUOTA = auto()
    """The calls of a day, or of a longer time, are used up. The limit of one query is none."""
    THROTTLED = auto()
    """Too many calls at once, or in a short time."""
    MOMENT = auto()
    """It may pass by itself: a lock, a time-out, maintenance, a limit of one transaction."""


_DAY: Final = (
    r"(24[- ]?hours?|24 ?h\b|daily|per[- ]day|a day|(of|for) the day|today|per[- ]month|monthly)"
)
_USED: Final = r"(exceed|exhaust|reached|used up|limit|quota|allowance|allocation|credits?)"

_SIGNS: Final = {
    Sign.QUOTA: (
        rf"\b{_DAY}.{{0,80}}\b{_USED}|\b{_USED}\w*\b.{{0,80}}\b{_DAY}",
        "TotalRequests Limit",
        r"(quota|credits?)\b.{0,40}\b(exceed|exhaust|used up|consumed|reached)",
        r"out of (api )?(credits|calls)",
        r"quota[_-]?(exceeded|exhausted)|(daily|monthly)[_-]?\w{0,20}limit[_-]?(exceeded|reached)",
    ),
    Sign.THROTTLED: (
        r"too[ _-]?many[ _-]?(\w+[ _-]){0,3}(requests?|calls|connections|logins?|attempts)\b",
        r"rate[ _-]?limit|rate (is |was |has been )?exceeded|throttl|slow[ _]?down|too busy",
        r"(requests?|calls) per (second|minute|hour)|secondly\w*\W.{0,12}limit",
        r"concurren\w*\W.{0,60}\blimit|\blimit\b.{0,60}\bconcurren|Concurrent\w* Limit",
        r"number of requests exceeded|combined execution time",
        r"request limit (is |was |has been )?(exceeded|reached)",
    ),
    Sign.MOMENT: (
        r"tim(ed?|ing)[- ]?out\b|deadlock|UNABLE_TO_LOCK_ROW|exclusive access|too many retries",
        r"(could not|unable to|cannot) (serialize|obtain|acquire|lock)|record is (being )?locked",
        r"LimitException|CalloutException|governor limit|cpu time limit|overload",
        r"temporar(y|il)|transient|\bmaintenance\b|read[- ]only mode|service (is )?unavailable",
        r"server (is )?(currently )?(busy|unavailable|down)",
        r"(try|retry)( your request)?( again)? (later|shortly|in (a|some|\d))|retry your request",
        r"connection (was |has been )?(reset|closed|refused|lost|aborted)|socket (closed|hang)",
        r"unexpected (error|exception)|internal (server )?error|unknown_exception",
    ),
}
_READ: Final = {
    sign: re.compile("|".join(words), re.IGNORECASE | re.DOTALL) for sign, words in _SIGNS.items()
}

_NO_FIELD: Final = re.compile(
    r"no such (column|field|property|attribute)"
    r"|\b(property|field|column|attribute)s?\b[^.]{0,100}?"
    r"(does ?n[o']t exist|do ?n[o']t exist|not found|is (unknown|archived|not defined)"
    r"|has been deleted)|\bno (property|field|column|attribute) (named|called)\b"
    r"|(could|can)( ?not|n't) find (a |the )?(property|field|column|attribute)"
    r"|(unknown|invalid|undeclared|unrecogni[sz]ed) (field|property|column|attribute)( name)?\b"
    r"(?! (value|type|format|length))"
    r"|PROPERTY_DOESNT_EXIST|INVALID_FIELD\b|doesn't contain (an )?(attribute|field|property)",
    re.IGNORECASE,
)

_NO_REFERENCE: Final = re.compile(
    r"inactive (user|owner)|\b(owner|record ?type|campaign) ?id\b"
    r"|(user|owner|queue|team|campaign|record ?type|product|currency|layout)\b"
    r"[^.]{0,80}?(inactive|deactivated|disabled|not (exist|found|valid|available|associated)"
    r"|n't (exist|valid|available)|has been deleted|is deleted|no longer)"
    r"|with ids? ?=? ?\S{1,80} (does not exist|was not found)|invalid cross[ -_]reference",
    re.IGNORECASE,
)


def sign_of(text: str) -> Sign | None:
    """Return what *text* tells, the most telling first; None where it tells nothing of the kind."""
    return next((sign for sign, words in _READ.items() if words.search(text)), None)


def names_missing_field(text: str) -> bool:
    """Say whether *text* tells that a field, not what is in it, is not there."""
    return bool(_NO_FIELD.search(text))


def names_missing_reference(text: str) -> bool:
    """Say whether *text* tells that what a record points at is gone: an owner, a record type."""
    return bool(_NO_REFERENCE.search(text))
