"""Partner Center: its programmatic analytics, version 1.1: queries, reports, executions, files.

Vendor pages are cited by their file names in MicrosoftDocs/azure-docs, articles/marketplace; their
newer forms lie under learn.microsoft.com/partner-center/insights.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.books.book import Book
from leadshare.books.faults import Untold
from leadshare.books.place import AHEAD, COUNT, EARLY, EVERY
from leadshare.books.reading import Execution
from leadshare.client.answers.json_values import objects, text
from leadshare.client.answers.response import object_in
from leadshare.client.errors import SignInFailed
from leadshare.client.guard import STREAMED
from leadshare.client.tokens.bearer import Bearer, BearerAuth, Token, ask, lifetime
from leadshare.model import CLIENT_ID, TENANT_ID, Model, Secret, like
from leadshare.partner_center.analytics_answers import (
    Dataset,
    ScheduledReport,
    check,
    execution_in,
    goes_on,
    id_of,
    reason_of,
    report_in,
    upper,
)
from leadshare.reason import BookFault, Reason

API: Final = "https://api.partnercenter.microsoft.com/insights/v1.1/cmp"
SCOPE: Final = "https://api.partnercenter.microsoft.com/.default"
SIGN_IN: Final = "https://login.microsoftonline.com/{}/oauth2/v2.0/token"

FILES: Final = (".blob.core.windows.net", ".partnercenter.microsoft.com")
"""Where files are taken from: Azure's storage, or Partner Center itself.

Microsoft's pages say no more of the link than that it is a secure one.
"""

LARGEST_FILE: Final = 64 * 1024 * 1024
"""Bytes of a file at most, decoded: some 400,000 lines."""

PATIENCE: Final = 45.0
"""Seconds that a file may take: less than a lease."""

LIFETIME: Final = 3599
"""Seconds that a token is taken to live where the sign-in does not say."""


class AnalyticsApp(Model):
    """An app of its own that reads Microsoft's books, with no user: it can read nothing else."""

    tenant_id: str = like(r"^[A-Za-z0-9.-]{1,100}$", TENANT_ID)
    """The publisher's tenant."""
    client_id: str = like(r"^[A-Za-z0-9-]{1,100}$", CLIENT_ID)
    """The app's."""
    client_secret: Secret
    """The app's."""


class PartnerAnalytics:
    """One publisher's analytics; each call raises `Untold` where it is not answered."""

    def __init__(self, app: AnalyticsApp, client: httpx.AsyncClient, timeout: float) -> None:
        self._app, self._client = app, client
        self._bearer = Bearer(self._sign_in, timeout)

    async def datasets(self, now: datetime) -> dict[str, Dataset]:
        """Return what can be asked, by the names of datasets in upper case."""
        found = await self._values("GET", "/ScheduledDataset", now)
        return {
            text(one.get("datasetName")).upper(): Dataset(
                upper(one.get("selectableColumns")) | upper(one.get("availableMetrics")),
                upper(one.get("availableDateRanges")),
            )
            for one in found
        }

    async def query(self, book: Book, now: datetime) -> str:
        """Return the id of the book's query: the one of its name, which tells its text apart."""
        digest = hashlib.sha256(book.query.encode()).hexdigest()[:12]
        name = f"leadshare {book.name} {digest}"
        found = await self._values("GET", "/ScheduledQueries", now, params={"queryName": name})
        ids = [text(one.get("queryId")) for one in found if one.get("name") == name]
        if ids:
            return ids[0]
        told = {"Name": name, "Description": "Read by leadshare", "Query": book.query}
        made = await self._values("POST", "/ScheduledQueries", now, json=told)
        return id_of(made, "queryId")

    async def report(self, book: Book, query: str, now: datetime) -> ScheduledReport:
        """Return the report of *query* that goes on for longest; a new one if that ends soon."""
        found = await self._values("GET", "/ScheduledReport", now, params={"queryId": query})
        active = [report_in(one) for one in found if goes_on(one, query)]
        longest = max(filter(None, active), key=lambda one: one.ends, default=None)
        if longest and longest.ends - EARLY >= now:
            return longest
        begins = (now + AHEAD).replace(microsecond=0)
        made = await self._values(
            "POST",
            "/ScheduledReport",
            now,
            json={
                "ReportName": f"leadshare {book.name} {begins:%Y-%m-%d}",
                "Description": "Read by leadshare",
                "QueryId": query,
                "StartTime": f"{begins:%Y-%m-%dT%H:%M:%SZ}",
                "RecurrenceInterval": EVERY // timedelta(hours=1),
                "RecurrenceCount": COUNT,
                "Format": "csv",
            },
        )
        return ScheduledReport(id_of(made, "reportId"), begins, begins + (COUNT - 1) * EVERY)

    async def remove(self, report: str, now: datetime) -> None:
        """Take a report away, if it is there: there may be 50 of them."""
        await self._values("DELETE", f"/ScheduledReport/{report}", now)

    async def execution(self, report: str, now: datetime) -> Execution | None:
        """Return the newest execution that has ended; before the first there is none: 404."""
        found = await self._values("GET", f"/ScheduledReport/execution/{report}", now)
        return next(filter(None, map(execution_in, found)), None)

    @asynccontextmanager
    async def file(self, link: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open the file behind *link*, which is a secret by itself; our token stays with us."""
        try:
            url = httpx.URL(link)
        except httpx.InvalidURL:
            raise Untold(Reason.ADDRESS_REFUSED) from None
        if url.scheme != "https" or not url.host.endswith(FILES):
            raise Untold(Reason.ADDRESS_REFUSED)
        extensions = {STREAMED: True, "largest_answer": LARGEST_FILE}
        try:
            async with (
                asyncio.timeout(PATIENCE),
                self._client.stream("GET", url, extensions=extensions) as response,
            ):
                if response.status_code in (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND):
                    raise Untold(BookFault.LINK_EXPIRED)
                check(response)
                yield response.aiter_bytes()
        except TimeoutError:
            raise Untold(Reason.TIMEOUT) from None
        except httpx.HTTPError as error:
            raise Untold(reason_of(error)) from None

    async def _values(
        self, method: str, path: str, now: datetime, **options: Any
    ) -> list[dict[str, Any]]:
        """Make one call, and return the objects in its answer; none where 404 says so."""
        try:
            response = await self._client.request(
                method, f"{API}{path}", auth=BearerAuth(self._bearer, now), **options
            )
        except SignInFailed as error:
            raise Untold(error.reason, error.hold) from None
        except httpx.HTTPError as error:
            raise Untold(reason_of(error)) from None
        if response.status_code == httpx.codes.NOT_FOUND:
            return []
        check(response, now)
        answer = {name.lower(): value for name, value in object_in(response).items()}
        if not isinstance(answer.get("value"), list) and method != "DELETE":
            raise Untold(Reason.UNREADABLE_ANSWER)
        return objects(answer.get("value"))

    async def _sign_in(self, now: datetime) -> Token:
        """Sign in as the app itself: no user's credentials will do (analytics-prerequisites.md)."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._app.client_id,
            "client_secret": self._app.client_secret.get_secret_value(),
            "scope": SCOPE,
        }
        answer = await ask(self._client, SIGN_IN.format(self._app.tenant_id), form, now)
        return Token(answer["access_token"], lifetime(answer, now, LIFETIME))
