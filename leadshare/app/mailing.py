"""App: by which way the weekly report is mailed, and to whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5
from zoneinfo import ZoneInfo

import httpx

from leadshare.app.configuration import WholeConfiguration
from leadshare.client.errors import NOTHING_LEFT, SignInFailed
from leadshare.deliveries.delivery import Accepted
from leadshare.deliveries.worker import WorkerContext
from leadshare.destinations.base import Destination
from leadshare.destinations.errors import reason_of
from leadshare.destinations.notices.email import Email
from leadshare.destinations.notices.letters import NAMESPACE, Mail
from leadshare.destinations.settings import DestinationSettings
from leadshare.operators.reports.letter import Written
from leadshare.operators.reports.mailing import Posted, WeeklyMail
from leadshare.operators.reports.report import Reporter
from leadshare.reason import Reason


@dataclass(frozen=True, slots=True)
class EmailPost:
    """Sends letters by the way of an e-mail destination."""

    email: Email
    to: Sequence[str]

    async def send(self, letter: Written, name: str, now: datetime) -> Posted:
        """Hand in a letter; its id is made of its *name*, and known to who has it already."""
        settings = self.email.settings
        identity = str(uuid5(NAMESPACE, f"{settings.name} {name}"))
        mail = Mail(identity, settings.sender, self.to, letter.subject, letter.text, letter.html)
        try:
            verdict = await self.email.post(mail, now)
        except SignInFailed as error:
            return Posted(error.reason, error.hold)
        except NOTHING_LEFT as error:
            return Posted(reason_of(error))
        except httpx.HTTPError:
            return Posted(Reason.UNCLEAR, unclear=True)
        taken = isinstance(verdict.outcome, Accepted)
        return Posted() if taken else Posted(verdict.reason, verdict.hold)


def mailing(
    configuration: WholeConfiguration[DestinationSettings],
    destinations: Sequence[Destination[Any]],
    context: WorkerContext,
) -> Iterator[WeeklyMail]:
    """Yield the chore that mails the report, if it is told to whom."""
    told = configuration.report
    sold = configuration.listing if configuration.analytics else None
    parts = (ZoneInfo(told.zone), context.clock, configuration.campaigns, sold)
    reporter = Reporter(context.table, context.state, *parts)
    for one in destinations:
        if told.to and one.name == told.by and isinstance(one, Email):
            post = EmailPost(one, told.to)
            yield WeeklyMail(reporter, post, told.weekday, context.new_id, context.lease)
