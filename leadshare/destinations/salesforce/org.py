"""Destinations: a Salesforce org as it is read: signed in to, described, and asked for its leads.

Vendor pages are cited by their names in developer.salesforce.com/docs/platform/api-rest/guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final

import httpx

from leadshare.client.answers.response import object_in
from leadshare.client.guard import LARGE
from leadshare.client.tokens.bearer import Bearer, BearerAuth, Token
from leadshare.deliveries.delivery import Delivery, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.crm import Crm
from leadshare.destinations.description import Description
from leadshare.destinations.errors import Refused
from leadshare.destinations.replies import Verdict, together
from leadshare.destinations.salesforce.calls import API, call_refused, not_judged
from leadshare.destinations.salesforce.fields import (
    ADDRESS,
    FIELDS,
    LENGTHS,
    NO_CONTACT,
    SELLERS,
    SHOWN,
    WHOLE,
    by_code,
    described,
    timeline_lacks,
)
from leadshare.destinations.salesforce.queries import (
    QUERIES_PER_CALL,
    Row,
    composite,
    queries,
    rows_in,
    shown,
)
from leadshare.destinations.salesforce.sign_in import SalesforceSettings, sign_in
from leadshare.destinations.settings import Erasure
from leadshare.destinations.writing.policy import policies
from leadshare.reason import Reason

COLLECTIONS: Final = f"{API}/composite/sobjects"

DESCRIBE: Final = f"{API}/sobjects/{{}}/describe"

_FOUND: Final = ("IsDeleted", "MasterRecordId")

Read = Mapping[str, list[Row] | Verdict]
"""By value that was asked for: the rows that have it, or why they cannot be read."""


class Org(Crm[SalesforceSettings]):
    """What is there of one org, whoever wrote it."""

    FIELDS = FIELDS | NO_CONTACT
    SHOWN = SHOWN
    LENGTHS = LENGTHS
    WHOLE = WHOLE
    NOTES = "Description"
    LINK = "{url}/{id}"
    SELLERS = SELLERS
    COMPOUNDS = (ADDRESS,)
    # 28,800 calls a day at most, of the 100,000 or more that all of an org's integrations share.
    RATE = Rate(calls=20, seconds=60)
    erases = True

    batch_size: ClassVar[int] = 200
    """resources-composite-sobjects-collections-create."""

    def __init__(self, settings: SalesforceSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self._bearer = Bearer(self._sign_in, settings.timeout)
        self.is_learnt = False
        """Whether the org has told what its fields are."""
        self.closed_status = ""
        """What it calls a task that is done, once it was asked."""
        self.responding: dict[str, bool] = {}
        """Which of its campaigns have a status for customers who responded, once asked."""

    async def find_records(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back by key."""
        key = self.settings.key
        leads = [delivery.lead for delivery in deliveries]
        found = await self.rows(("Id", key, *_FOUND), key, leads, deliveries, now)
        read = [found[lead] for lead in leads]
        return together([one if isinstance(one, Verdict) else shown(one) for one in read])

    async def rows(
        self,
        fields: Sequence[str],
        by: str,
        values: Sequence[str],
        deliveries: Sequence[Delivery],
        now: datetime,
    ) -> Read:
        """Read *fields* of the leads whose field *by* has one of *values*, deleted ones too.

        In the bodies of few calls, since an address has little room.
        """
        asked, read = queries(fields, by, values), dict[str, list[Row] | Verdict]()
        for at in range(0, len(asked), QUERIES_PER_CALL):
            some = asked[at : at + QUERIES_PER_CALL]
            answers = await self.queried([query.url for query in some], deliveries, now)
            for told, query in zip(answers, some, strict=True):
                read |= dict.fromkeys(query.values, told)
                if not isinstance(told, Verdict):
                    read |= {value: _of(told, by, value) for value in query.values}
        return read

    async def queried(
        self, urls: Sequence[str], deliveries: Sequence[Delivery], now: datetime
    ) -> list[list[Row] | Verdict]:
        """Ask at all of *urls* in one call; return the rows of each, or why they cannot be read."""
        response = await self.call("POST", f"{API}/composite", now, json=composite(urls))
        refused = call_refused(response, now, deliveries)
        parts = object_in(response).get("compositeResponse")
        if not isinstance(parts, list) or len(parts) != len(urls):
            refused = refused or not_judged(response, self.settings.key)
            parts = [None] * len(urls)
        key = self.settings.key
        return [refused or rows_in(part, key, now, deliveries) for part in parts]

    async def describe(self, now: datetime) -> Description:
        """Read what the lead's fields are, and whether a task has our own."""
        description = await self.learn(now)
        response = await self.call("GET", DESCRIBE.format("Task"), now, extensions=LARGE)
        if response.is_error and (refused := call_refused(response, now)):
            raise Refused(refused.reason)
        lacks = timeline_lacks(object_in(response), self.settings.timeline_key)
        if self.settings.timeline:
            return replace(description, timeline_lacks=lacks)
        return replace(description, tasks_lack=lacks)

    async def learn(self, now: datetime) -> Description:
        """Read what the lead's fields are, and map by it (resources-sobject-describe)."""
        response = await self.call("GET", DESCRIBE.format("Lead"), now, extensions=LARGE)
        if not response.is_success:
            refused = call_refused(response, now) or not_judged(response, self.settings.key)
            raise Refused(refused.reason)
        try:
            told = object_in(response)
            description = described(told["fields"], self.settings.key)
            deletes = self.settings.erase is Erasure.DELETE and told.get("deletable") is False
            description = replace(description, erasure_lacks="Delete" if deletes else "")
        except (KeyError, TypeError):
            raise Refused(Reason.UNREADABLE_ANSWER) from None
        self.is_learnt = True
        self.mapping = by_code(self.mapping, description.fields or {})
        self.writes = policies(self.mapping, {*self.FIELDS, *self.SELLERS})
        return description

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Delete the lead; Salesforce keeps it in the recycle bin (resources-sobject-upsert)."""
        path = f"{API}/sobjects/Lead/{self.settings.key}/{delivery.lead}"
        response = await self.call("DELETE", path, now)
        if response.status_code not in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND):
            raise Refused(Reason.ERASE_REFUSED)

    async def call(self, method: str, path: str, now: datetime, **more: Any) -> httpx.Response:
        """Make a call; only the token says where the org's API is."""
        url = f"{(await self.token(now)).base}{path}"
        return await self.client.request(method, url, auth=BearerAuth(self._bearer, now), **more)

    async def token(self, now: datetime) -> Token:
        """Return the token that calls are signed with; `SignInFailed` where there is none."""
        return await self._bearer.token(now)

    async def _sign_in(self, now: datetime) -> Token:
        return await sign_in(self.settings, self.client, now)


def _of(rows: Sequence[Row], by: str, value: str) -> list[Row]:
    """Return those of *rows* that have *value*, as Salesforce compares: ids of either length."""
    wanted = _compared(by, value)
    return [row for row in rows if _compared(by, str(row.get(by))) == wanted]


def _compared(by: str, value: str) -> str:
    return value[:15] if by == "Id" else value.lower()
