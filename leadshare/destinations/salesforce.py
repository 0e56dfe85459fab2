"""Destinations: Salesforce, whose leads are Lead sObjects, through its REST API.

Vendor pages are cited by their names in developer.salesforce.com/docs/platform/api-rest/guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final
from urllib.parse import quote_plus

import httpx

from leadshare.core.delivery import Deferred, Delivery, Rejected, Reply
from leadshare.core.lane import Rate
from leadshare.core.preflight import Description
from leadshare.destinations.answers import every, failed, json_in, object_in, singly, together
from leadshare.destinations.base import Crm
from leadshare.destinations.bearer import Bearer, Token
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.salesforce_answers import (
    UNPARSED,
    at_fault,
    call_refused,
    error_in,
    is_there,
    judge,
    seen,
)
from leadshare.destinations.salesforce_lead import FIELDS, LENGTHS, NO_CONTACT, WHOLE, described
from leadshare.destinations.salesforce_session import SalesforceSettings, sign_in

API: Final = "/services/data/v68.0"
COLLECTIONS: Final = f"{API}/composite/sobjects"

AGAIN: Final = 25
"""Records in one call that were tried before: for 200 at once, the publisher's own triggers and
flows may take longer than the time-out, or more than Salesforce lets them."""

MOST_CALLS: Final = 12
"""Calls that one hand-over makes at most; what is left waits for the next."""

NOT_SENT: Final = Reply((Deferred("not_sent", counts=False),))
"""For a lead that no call was made for."""

KEYS_PER_QUERY: Final = 40
"""One composite call makes at most five queries (resources-composite-composite-post), so this many
for 200 leads; their addresses then have little more than the 2,000 characters that a URI should
have (help.salesforce.com, 000386264)."""

_LEAD: Final = {"attributes": {"type": "Lead"}}
_LEGAL: Final = "',()"
"""What a query may hold as it is (RFC 3986, section 3.4)."""


class Salesforce(Crm[SalesforceSettings]):
    """One org.

    A lead is created by an upsert under our own external id, which is atomic, so that repeating it
    needs no look-up. One that was accepted before is updated by Salesforce's id, since an upsert
    would create anew what a seller has deleted or merged.
    """

    FIELDS = FIELDS | NO_CONTACT
    LENGTHS = LENGTHS
    WHOLE = WHOLE
    NOTES = "Description"
    # 28,800 calls a day at most, of the 100,000 or more that all of an org's integrations share.
    RATE = Rate(calls=20, seconds=60)
    erases = True

    batch_size: ClassVar[int] = 200
    """resources-composite-sobjects-collections-upsert."""

    def __init__(self, settings: SalesforceSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self._bearer = Bearer(self._sign_in, settings.timeout)

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Write in a call for each sort of lead.

        A call that cannot be parsed is halved, until the record at fault is alone.
        """
        groups = grouped(deliveries)
        replies: dict[str, Reply] = {}
        for _ in range(MOST_CALLS):
            if not groups or any(not r.status or r.hold or r.gone for r in replies.values()):
                break
            group, *groups = groups
            reply = await self._write(group, now)
            if reply is None:
                half = len(group) // 2
                groups = [group[:half], group[half:], *groups]
            else:
                replies |= singly(reply, group)
        return together([replies.get(delivery.lead, NOT_SENT) for delivery in deliveries])

    async def _write(self, group: Sequence[Delivery], now: datetime) -> Reply | None:
        """Make one call; None where it must be halved."""
        try:
            response = await self.send(group, now)
        except httpx.TransportError as error:
            return failed(group, error)  # what an earlier call was told stays so
        if len(group) > 1 and error_in(response)[0] == UNPARSED:
            return None
        return call_refused(response, group, now) or self.read(response, group)

    async def send(self, deliveries: Sequence[Delivery], now: datetime) -> httpx.Response:
        """Upsert leads by our key, or update them by Salesforce's id: all of one sort."""
        there = is_there(deliveries[0])
        path = COLLECTIONS if there else f"{COLLECTIONS}/Lead/{self.settings.key}"
        records = [self._update(d) if there else self._upsert(d) for d in deliveries]
        body = {"allOrNone": False, "records": records}
        # On an update, the rule would take the lead from its seller (headers-autoassign).
        assigned = self.settings.assignment_rules and not there
        headers = {
            "Sforce-Auto-Assign": "TRUE" if assigned else "FALSE",
            "Sforce-Duplicate-Rule-Header": "allowSave=true",
        }
        return await self._call("PATCH", path, now, json=body, headers=headers)

    def _upsert(self, delivery: Delivery) -> dict[str, Any]:
        return {**_LEAD, self.settings.key: delivery.lead, **self.values(delivery)}

    def _update(self, delivery: Delivery) -> dict[str, Any]:
        # Without placeholders: by now, a seller may have found out what the lead lacked.
        placeholders = {name: source.default for name, source in self.mapping.items()}
        values = self.values(delivery).items()
        given = {name: value for name, value in values if value != placeholders.get(name)}
        return {**_LEAD, "id": delivery.receipt, **given}

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Read the results, which are in the order of *deliveries*."""
        status = response.status_code
        rows = json_in(response)
        if status != httpx.codes.OK:
            return self._not_judged(response, deliveries)
        if not isinstance(rows, list) or len(rows) != len(deliveries):
            return every(deliveries, Deferred("unreadable_answer"), status=status, failing=True)
        pairs = zip(rows, deliveries, strict=True)
        outcomes = tuple(judge(row, d, self.settings.key) for row, d in pairs)
        return Reply(outcomes, status, failing=at_fault(outcomes))

    def _not_judged(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Read a call that was refused as it is: set-up is at fault, or a value, if it is alone."""
        status = response.status_code
        code, message = error_in(response)
        reason = f"salesforce_{code or status}"
        if code == UNPARSED:
            return every(deliveries, Rejected(reason), status=status)
        if code == "NOT_FOUND" and self.settings.key in message:
            reason = "key_missing"
        return every(deliveries, Deferred(reason), status=status, failing=True)

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back: queries by key, in the body of one call, since an address has little room."""
        step = KEYS_PER_QUERY
        chunks = [deliveries[at : at + step] for at in range(0, len(deliveries), step)]
        body = {
            "allOrNone": False,
            "compositeRequest": [
                {"method": "GET", "referenceId": f"q{number}", "url": self._query(chunk)}
                for number, chunk in enumerate(chunks)
            ],
        }
        response = await self._call("POST", f"{API}/composite", now, json=body)
        if reply := call_refused(response, deliveries, now):
            return reply
        parts = object_in(response).get("compositeResponse")
        if not isinstance(parts, list) or len(parts) != len(chunks):
            return every(deliveries, Deferred("unreadable_answer"), failing=True)
        pairs = zip(parts, chunks, strict=True)
        outcomes = tuple(o for part, chunk in pairs for o in seen(part, chunk, self.settings.key))
        return Reply(outcomes, response.status_code, failing=at_fault(outcomes))

    def _query(self, deliveries: Sequence[Delivery]) -> str:
        key = self.settings.key
        keys = ",".join(f"'{_escaped(delivery.lead)}'" for delivery in deliveries)
        # Both come in safe: the key by its pattern, the ids escaped.
        query = f"SELECT Id,{key} FROM Lead WHERE {key} IN ({keys})"  # noqa: S608 - see above
        return f"{API}/query/?q={quote_plus(query, safe=_LEGAL)}"

    async def describe(self, now: datetime) -> Description:
        """Read what the lead's fields are (resources-sobject-describe)."""
        response = await self._call("GET", f"{API}/sobjects/Lead/describe", now)
        if not response.is_success:
            raise SignInFailed(f"salesforce_{error_in(response)[0] or response.status_code}")
        try:
            return described(object_in(response)["fields"], self.settings.key)
        except (KeyError, TypeError):
            raise SignInFailed("unreadable_answer") from None

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Delete the lead; Salesforce keeps it in the recycle bin (resources-sobject-upsert)."""
        path = f"{API}/sobjects/Lead/{self.settings.key}/{delivery.lead}"
        response = await self._call("DELETE", path, now)
        if response.status_code not in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND):
            raise SignInFailed("erase_refused")

    async def _call(
        self, method: str, path: str, now: datetime, *, headers: Any = None, json: Any = None
    ) -> httpx.Response:
        async def make(token: Token) -> httpx.Response:
            signed = {"Authorization": f"Bearer {token.text}", **(headers or {})}
            url = f"{token.base}{path}"
            return await self.client.request(method, url, json=json, headers=signed)

        return await self._bearer.call(make, now)

    async def _sign_in(self, now: datetime) -> Token:
        return await sign_in(self.settings, self.client, now)


def grouped(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    """Return what goes in one call each: all are there or none, all are first tries or none."""
    sorts: dict[tuple[bool, bool], list[Delivery]] = {}
    for one in deliveries:
        sorts.setdefault((is_there(one), one.attempts > 0), []).append(one)
    return [
        group[at : at + size]
        for (_, again), group in sorts.items()
        for size in (AGAIN if again else len(group),)
        for at in range(0, len(group), size)
    ]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
