"""Destinations: what a call came to for one record, what plain HTTP answers mean, and the reply.

What a system refuses is parked only if its code is known to be the lead's fault. Whatever nobody
has listed waits: the schedule ends it, and until then it costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import escape
from typing import Final

import httpx

from leadshare.client.answers.response import retry_after
from leadshare.client.answers.sentences import said, without
from leadshare.client.answers.signs import Sign, sign_of
from leadshare.client.answers.waits import told_wait, wait_in
from leadshare.client.errors import (
    NOTHING_LEFT,
    AddressRefused,
    AnswerTooLarge,
    AnswerUnreadable,
)
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.reason import Reason, Vendor

DEFAULT_HOLD: Final = timedelta(seconds=30)
"""How long a lane waits on a 429 that names no time."""

QUOTA_HOLD: Final = timedelta(hours=1)
"""How long a lane waits where a day's calls are used up, and nobody says until when."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a call came to for one record, and what it tells of the system; see `Reply`."""

    outcome: Outcome
    status: int = 0
    hold: timedelta | None = None
    failing: bool = False
    gone: bool = False

    @property
    def reason(self) -> str:
        """Why the record was not taken, "" if it was."""
        return "" if isinstance(self.outcome, Accepted) else self.outcome.reason

    def saying(self, text: str) -> Verdict:
        """Return the verdict with what the system said, unless it has that already."""
        told = replace(self.outcome, said=self.outcome.said or text)
        return replace(self, outcome=told)

    @property
    def record_id(self) -> str:
        """The id of the record that was taken, "" if none was."""
        return self.outcome.record_id if isinstance(self.outcome, Accepted) else ""


UNTOLD: Final = Verdict(Deferred(Reason.TIMELINE_REFUSED))
"""For a record that is written and whose timeline refused an entry: no other lead needs one."""

Verdicts = Mapping[str, Verdict]
"""What became of some leads, by their ids."""


@dataclass(frozen=True, slots=True)
class Round:
    """The deliveries of one hand-over, of which each is settled once it has a verdict."""

    deliveries: Sequence[Delivery]
    verdicts: Verdicts = field(default_factory=dict)

    @property
    def open(self) -> list[Delivery]:
        """Those that have no verdict yet."""
        return [delivery for delivery in self.deliveries if delivery.lead not in self.verdicts]

    def settle(self, verdicts: Verdicts) -> Round:
        """Return the round with *verdicts*, of which a later one outweighs an earlier one."""
        return Round(self.deliveries, {**self.verdicts, **verdicts})

    def reply(self, rest: Verdict | None = None) -> Reply:
        """Return the reply; *rest* is for those that are still open."""
        settled = self if rest is None else self.settle(same(self.open, rest))
        return together([settled.verdicts[delivery.lead] for delivery in self.deliveries])


def same(deliveries: Sequence[Delivery], verdict: Verdict) -> dict[str, Verdict]:
    """Return one *verdict* for all of *deliveries*, by lead."""
    return {delivery.lead: verdict for delivery in deliveries}


def every(deliveries: Sequence[Delivery], verdict: Verdict) -> Reply:
    """Return the reply in which all of *deliveries* come to one *verdict*."""
    return together([verdict] * len(deliveries))


def together(verdicts: Sequence[Verdict]) -> Reply:
    """Return the reply of *verdicts*, in their order; the system is at fault only if it took none.

    Of several calls, the worst status and the longest hold are told.
    """
    took_one = any(isinstance(verdict.outcome, Accepted) for verdict in verdicts)
    return Reply(
        tuple(verdict.outcome for verdict in verdicts),
        max((verdict.status for verdict in verdicts), default=0),
        max((verdict.hold for verdict in verdicts if verdict.hold), default=None),
        failing=any(verdict.failing for verdict in verdicts) and not took_one,
        gone=any(verdict.gone for verdict in verdicts),
    )


def absent(delivery: Delivery) -> Outcome:
    """Say what it means that the record of *delivery*, which was looked for, is not there.

    One that was accepted has been deleted since. Of one that was not, nothing is known yet: the
    next attempt sees whether it is to be created.
    """
    if delivery.sent:
        return Rejected(Reason.DELETED_IN_CRM)
    return Deferred(Reason.CHANGED_MEANWHILE)


def refusal(
    response: httpx.Response, now: datetime, deliveries: Sequence[Delivery] = ()
) -> Verdict | None:
    """Return what it means that a call was refused as a whole; None if records were judged.

    Throttles and used-up quotas are read in the words of an answer, too, whatever its status;
    what it quotes of *deliveries* is not among them.
    A 410 is a retired version of an API, or a proxy's word: see `ended` for what else it may be.
    """
    status, words = response.status_code, said(response)
    if status < httpx.codes.MULTIPLE_CHOICES:
        return None
    if verdict := throttled(response, now, deliveries):
        return verdict
    if status in _FAILING or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        reason = _FAILING.get(status, Vendor.HTTP.reason(status))
        hold = retry_after(response, now)
        return Verdict(Deferred(reason, said=words), status, hold, failing=True)
    if status == httpx.codes.GONE:
        return Verdict(Deferred(Vendor.HTTP.reason(status), said=words), status, failing=True)
    if status < httpx.codes.BAD_REQUEST:
        return Verdict(Deferred(Reason.REDIRECTED), status, failing=True)
    return None


def throttled(
    response: httpx.Response, now: datetime, deliveries: Sequence[Delivery] = ()
) -> Verdict | None:
    """Return what it means that a call came too soon, or that the day's are used up; else None."""
    status, words = response.status_code, said(response)
    own = own_words(words, deliveries)
    sign = sign_of(own)
    if sign is Sign.QUOTA:
        hold = told_wait(response, now) or QUOTA_HOLD
        return Verdict(Deferred(Reason.QUOTA_EXHAUSTED, counts=False, said=words), status, hold)
    if status == httpx.codes.TOO_MANY_REQUESTS or sign is Sign.THROTTLED:
        hold = told_wait(response, now) or wait_in(own) or DEFAULT_HOLD
        return Verdict(Deferred(Reason.THROTTLED, counts=False, said=words), status, hold)
    return None


def throttled_by(words: str, delivery: Delivery, status: int = 0) -> Verdict | None:
    """Return what *words* about *delivery* tell of the calls, as `throttled` does; else None."""
    own = own_words(words, [delivery])
    match sign_of(own):
        case Sign.QUOTA:
            # How long the day was is no time to wait.
            outcome, hold = Deferred(Reason.QUOTA_EXHAUSTED, counts=False, said=words), QUOTA_HOLD
        case Sign.THROTTLED:
            outcome = Deferred(Reason.THROTTLED, counts=False, said=words)
            hold = wait_in(own) or DEFAULT_HOLD
        case _:
            return None
    return Verdict(outcome, status, hold)


def own_words(words: str, deliveries: Sequence[Delivery]) -> str:
    """Return *words* of a system without what they quote of *deliveries*.

    What a customer wrote must not be read as what the system says.
    """
    told = [one for delivery in deliveries for one in (delivery.record, *delivery.entries)]
    texts = [str(value) for one in told for value in one.values()]
    lines = [line for text in texts for line in (text, *text.splitlines())]
    # As they are, and as they stand in JSON or HTML within a text.
    return without(words, [form for line in lines for form in (line, _in_json(line), escape(line))])


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def ended(response: httpx.Response) -> Verdict | None:
    """Return what 410 means from a receiver of events, and from nobody else; None for the rest.

    It asks never to be called again (Standard Webhooks).
    """
    if response.status_code != httpx.codes.GONE:
        return None
    outcome = Deferred(Reason.GONE, counts=False, said=said(response))
    return Verdict(outcome, response.status_code, gone=True)


_FAILING: Final = {
    401: Reason.UNAUTHORISED,
    403: Reason.FORBIDDEN,
    407: Reason.PROXY_REFUSED,
    408: Reason.TIMEOUT,
    423: Reason.LOCKED,
    425: Reason.TOO_EARLY,
}


def failed(error: httpx.TransportError) -> Verdict:
    """Return what it means that a call got no answer: all is unclear, the destination failing.

    Where no connection was had, no request left, so the attempt does not count.
    """
    if isinstance(error, NOTHING_LEFT):
        refused = isinstance(error, AddressRefused)
        reason = Reason.ADDRESS_REFUSED if refused else Reason.UNREACHABLE
        return Verdict(Deferred(reason, counts=False), failing=True)
    lost = (reason for kind, reason in _LOST if isinstance(error, kind))
    return Verdict(Deferred(next(lost, Reason.CONNECTION_LOST)), failing=True)


_LOST: Final = (
    (httpx.TimeoutException, Reason.TIMEOUT),
    (AnswerTooLarge, Reason.ANSWER_TOO_LARGE),
    (AnswerUnreadable, Reason.UNREADABLE_ANSWER),
)


def unreadable(response: httpx.Response) -> Verdict:
    """Return what it means that an answer which judged no record is not what was asked for."""
    status = response.status_code
    reason = Reason.UNREADABLE_ANSWER if response.is_success else Vendor.HTTP.reason(status)
    return Verdict(Deferred(reason, said=said(response)), status, failing=True)
