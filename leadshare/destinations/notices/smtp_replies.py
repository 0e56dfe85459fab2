"""Destinations: what a mail server's replies mean, by phase, words and enhanced code.

One reply code stands for many things, so the most telling part is read first: words of rates, then
the enhanced code (RFC 3463), then the code itself (RFC 5321, 4954).
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from leadshare.client.answers.signs import Sign, sign_of
from leadshare.client.answers.waits import wait_in
from leadshare.client.errors import SignInFailed
from leadshare.deliveries.delivery import Deferred, Rejected
from leadshare.destinations.replies import DEFAULT_HOLD, QUOTA_HOLD, Verdict
from leadshare.reason import Reason, Vendor

TAKEN, LATER, NEVER = 2, 4, 5
"""What the first digit of a reply says (RFC 5321, section 4.2.1)."""

CREDENTIALS: Final = 535
"""Authentication credentials invalid (RFC 4954, section 6); also for whoever may not sign in."""


class Phase(Enum):
    """How far a conversation has come."""

    ENTRANCE = auto()
    """Greeting and TLS."""
    SIGN_IN = auto()
    ENVELOPE = auto()
    """Who writes to whom, which is for the settings' sake."""
    LETTER = auto()
    """It may have left; only now does a reply judge what it says."""
    FAREWELL = auto()
    """It was taken, and stays so."""


_ENHANCED: Final = re.compile(r"\s*([245])\.([0-9]{1,3})\.([0-9]{1,3})\b")

_RATES: Final = re.compile(
    r"\brates?\b|rate-?limit|throttl|\btoo (many|much) (?!recipients)|\btoo (fast|quickly|frequent)"
    r"|slow down|\bmaximum number\b|unusual(ly)? (high )?(rate|volume)|\bconcurren"
    r"|\b(per|this|every|last) (second|minute|hour|day)\b"
    r"|\b(hourly|daily|monthly|sending|send|connections?|log-?ins?|messages?|e?-?mails?|user|account"
    r"|plan|credits?)\b[^.]{0,40}\b(limits?|quotas?|credits?|allowances?)\b"
    r"|\b(limits?|quotas?|credits?|plan)\b[^.]{0,40}\b(used up|exhausted|exceeded|reached)\b",
    re.IGNORECASE,
)
_DAY: Final = re.compile(
    r"\bdaily\b|\bmonthly\b|\bday\b|24.?h|\bplan\b|\bcredits?\b|\bquota", re.IGNORECASE
)
_SIZE: Final = re.compile(r"\bsize\b|\btoo (large|big|long)\b|mailbox|storage", re.IGNORECASE)
_FULL: Final = re.compile(r"\bquota|\bfull\b", re.IGNORECASE)
_SHUT: Final = re.compile(
    r"disabled|locked|blocked|suspend|inactive|deactivat|expired|not (enabled|allowed|permitted"
    r"|authori[sz]ed)|polic(y|ies)|security defaults|app(lication)?-?\s?(specific )?password",
    re.IGNORECASE,
)
_MAILBOX, _SECURITY = 2, 7
_OF_LETTER: Final = {(_MAILBOX, None), (3, 4), (6, None)}
"""Subject and detail of what the letter itself is refused for: the reader's mailbox, its size,
its content (RFC 3463, sections 3.3, 3.4 and 3.7)."""

TOO_LARGE: Final = 552
"""Exceeded storage allocation, said of a letter (RFC 5321, section 4.2.3; RFC 1870)."""


def judged(phase: Phase, code: int, text: str) -> Verdict:
    """Return what the reply *code* with *text* in *phase* means for a letter that was not taken.

    Raises `SignInFailed` where name or password are wrong.
    """
    if code // 100 not in (LATER, NEVER):
        return Verdict(Deferred(Reason.UNREADABLE_ANSWER), failing=True)
    enhanced = _enhanced(text)
    if rested := _throttle(phase, text, enhanced):
        return rested
    if phase is Phase.SIGN_IN:
        return _signing_in(code, text, enhanced)
    if phase is Phase.LETTER and code // 100 == NEVER:
        _, subject, detail = enhanced
        if subject == _SECURITY:  # the sender's right, not the letter
            return Verdict(Deferred(Reason.FORBIDDEN), failing=True)
        if code == TOO_LARGE or _OF_LETTER & {(subject, None), (subject, detail)}:
            return Verdict(Rejected(Vendor.SMTP.reason(code)))
    return Verdict(Deferred(Vendor.SMTP.reason(code)), failing=True)


def _enhanced(text: str) -> tuple[int, int, int]:
    """Return class, subject and detail, zeros where there is no enhanced code."""
    found = _ENHANCED.match(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)


def _throttle(phase: Phase, text: str, enhanced: tuple[int, int, int]) -> Verdict | None:
    """Return the verdict where others' letters are as unwelcome for a while; None if it is none."""
    kind, subject, _ = enhanced
    full = subject == _MAILBOX and _FULL.search(text)
    rates = _RATES.search(text) or sign_of(text) in {Sign.THROTTLED, Sign.QUOTA}
    says = bool(rates) and not (_SIZE.search(text) or full)
    # A server that defers a letter by its policy asks for patience (RFC 3463, section 3.8).
    defers = phase is Phase.LETTER and (kind, subject) == (LATER, _SECURITY)
    if not says and not defers:
        return None
    used_up = says and _DAY.search(text)
    reason, usual = (
        (Reason.QUOTA_EXHAUSTED, QUOTA_HOLD) if used_up else (Reason.THROTTLED, DEFAULT_HOLD)
    )
    return Verdict(Deferred(reason, counts=False), hold=wait_in(text) or usual)


def _signing_in(code: int, text: str, enhanced: tuple[int, int, int]) -> Verdict:
    """Tell a wrong password from an account that may not sign in, and from a server at fault."""
    if code == CREDENTIALS and enhanced in {(5, 7, 8), (0, 0, 0)} and not _SHUT.search(text):
        raise SignInFailed(Reason.SIGN_IN_FAILED, said=text)
    if code // 100 == NEVER and _SHUT.search(text):
        return Verdict(Deferred(Reason.FORBIDDEN, counts=False), failing=True)
    return Verdict(Deferred(Vendor.SMTP.reason(code), counts=False), failing=True)
