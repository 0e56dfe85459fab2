"""Client: what the refusal of a sign-in means: nobody may come in, or not so soon, or not now.

RFC 6749, section 5.2, has the codes that all use. Vendors dress throttles as dead grants
(`invalid_grant`, "login rate exceeded"), as `server_error`, or in names and languages of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import httpx

from leadshare.client.answers.response import json_in, object_in, retry_after
from leadshare.client.answers.sentences import said, without
from leadshare.client.answers.signs import Sign, sign_of
from leadshare.client.answers.waits import told_wait, wait_in
from leadshare.client.errors import SignInFailed
from leadshare.reason import Reason

REST: Final = timedelta(seconds=30)
"""How long a throttled sign-in rests that names no time."""

_AADSTS: Final = re.compile(r"AADSTS(\d{4,8})")

_ENTRA_THROTTLES: Final = frozenset({"50088", "50196", "90055"})
"""Too many requests of a tenant, or the same one in a loop."""
_ENTRA_MOMENTS: Final = frozenset({"50000", "50033", "80002", "90006", "90024", "90033"})
"""Faults of Microsoft Entra that pass ("AADSTS error codes", Microsoft)."""
_ENTRA_DEAD: Final = frozenset(
    {"50132", "50133", "50173", "70008", "70043", "70044", "700081", "700082", "700083", "700084"}
)
"""A refresh token that has ended or was taken back; another will not help it."""

_THROTTLES: Final = {"slow_down", "temporarily_unavailable", "too_many_requests"}
_MOMENTS: Final = {"server_error", "unknown_error"}


def refused_sign_in(
    response: httpx.Response, now: datetime, secrets: Iterable[str] = ()
) -> SignInFailed:
    """Return what it means that *response* gives no token; *secrets* are told to nobody."""
    words = without(said(response), secrets)
    page = not isinstance(json_in(response), dict)
    if page and response.status_code < httpx.codes.BAD_REQUEST:
        # A page of something on the way, or of the vendor's.
        return SignInFailed(Reason.SIGN_IN_UNREACHABLE, said=words)
    reason = _reason(response.status_code, str(object_in(response).get("error")).lower(), words)
    if reason == Reason.THROTTLED:
        return SignInFailed(reason, told_wait(response, now) or wait_in(words) or REST, words)
    return SignInFailed(reason, retry_after(response, now), words)


def refused_by_words(status: int, words: str, wait: timedelta | None) -> SignInFailed:
    """Return what it means that a library was refused with *status*, 0 if it has none."""
    reason = _reason(status, "", words)
    rest = REST if reason == Reason.THROTTLED else None
    return SignInFailed(reason, wait or rest, words)


def is_dead(words: str) -> bool:
    """Say whether a refusal's *words* mean that the refresh token itself will never do again."""
    codes = set(_AADSTS.findall(words))
    return bool(codes & _ENTRA_DEAD) or not codes


def _reason(status: int, error: str, words: str) -> Reason:
    """Return the reason: codes within words first, then words, then code, then status."""
    codes = set(_AADSTS.findall(words))
    if codes:
        if codes & _ENTRA_THROTTLES or status == httpx.codes.TOO_MANY_REQUESTS:
            return Reason.THROTTLED
        moment = bool(codes & _ENTRA_MOMENTS)
        return Reason.SIGN_IN_UNREACHABLE if moment else Reason.SIGN_IN_FAILED
    sign = sign_of(f"{error}; {words}")
    throttled = status == httpx.codes.TOO_MANY_REQUESTS or error in _THROTTLES
    if throttled or sign in {Sign.THROTTLED, Sign.QUOTA}:
        return Reason.THROTTLED
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or error in _MOMENTS or sign is Sign.MOMENT:
        return Reason.SIGN_IN_UNREACHABLE
    return Reason.SIGN_IN_FAILED
