"""Destinations: which leads go in one call to Salesforce, and what its queries show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote_plus

import httpx

from leadshare.client.answers.json_values import all_objects, as_object
from leadshare.deliveries.delivery import Accepted, Delivery, Rejected
from leadshare.destinations.replies import Verdict
from leadshare.destinations.salesforce.answers import UNREADABLE, is_id
from leadshare.destinations.salesforce.calls import API, call_refused, not_judged
from leadshare.reason import Reason

SIZES: Final = (200, 25, 5, 1)
"""Records in one call, by how often they were tried before: for 200 at once, the publisher's own
triggers and flows may take longer than the time-out, or more than Salesforce lets them; and with
triggers, one bad record makes Salesforce refuse its neighbours. What a record passes alone, it is
not to blame for."""

KEYS_PER_QUERY: Final = 40
"""One composite call makes at most five queries (resources-composite-composite-post), so this many
for 200 leads."""

QUERIES_PER_CALL: Final = 5

ROOM: Final = 2300
"""Characters of a query's address: little more than the 2,000 that a URI should have
(help.salesforce.com, 000386264)."""

_LEGAL: Final = "',()"
"""What a query may hold as it is (RFC 3986, section 3.4)."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """What is read of the leads whose field *by* has one of some values, deleted ones too."""

    fields: Sequence[str]
    by: str
    values: Sequence[str]

    @property
    def url(self) -> str:
        """Where it is asked (resources-queryall)."""
        values = ",".join(f"'{_escaped(value)}'" for value in self.values)
        # All come in safe: fields by their patterns or from the org, the values escaped.
        query = f"SELECT {','.join(self.fields)} FROM Lead WHERE {self.by} IN ({values})"  # noqa: S608 - see above
        return address("queryAll", query)


def address(resource: str, query: str) -> str:
    """Return where *query* is asked: `query`, or `queryAll`, which shows the recycle bin, too."""
    return f"{API}/{resource}/?q={quote_plus(query, safe=_LEGAL)}"


def size_of(delivery: Delivery) -> int:
    """Return how many records the call may hold that one of *delivery* is in."""
    return SIZES[min(delivery.attempts, len(SIZES) - 1)]


def grouped(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    """Return what goes in one call each: all tried equally often."""
    sorts: dict[int, list[Delivery]] = {}
    for one in deliveries:
        sorts.setdefault(size_of(one), []).append(one)
    return [
        group[at : at + size] for size, group in sorts.items() for at in range(0, len(group), size)
    ]


def queries(fields: Sequence[str], by: str, values: Sequence[str]) -> list[Query]:
    """Return the queries that read *fields* of all leads whose *by* is one of *values*."""
    left = ROOM - len(Query(fields, by, ()).url)
    longest = max((len(_escaped(value)) for value in values), default=0) + len("'',")
    step = max(1, min(KEYS_PER_QUERY, left // longest))
    return [Query(fields, by, values[at : at + step]) for at in range(0, len(values), step)]


def composite(urls: Sequence[str]) -> dict[str, object]:
    """Return the body of one call that asks at all of *urls*."""
    return {
        "allOrNone": False,
        "compositeRequest": [
            {"method": "GET", "referenceId": f"q{number}", "url": url}
            for number, url in enumerate(urls)
        ],
    }


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def rows_in(
    part: object, key: str, now: datetime, deliveries: Sequence[Delivery]
) -> list[Row] | Verdict:
    """Return the rows of the answer to one query, a part of a composite one; or what is wrong."""
    status, body = as_object(part).get("httpStatusCode"), as_object(part).get("body")
    if isinstance(status, int) and status >= httpx.codes.MULTIPLE_CHOICES:
        answer = httpx.Response(status, json=body)
        return call_refused(answer, now, deliveries) or not_judged(answer, key)
    told = as_object(body)
    rows = all_objects(told.get("records")) if told.get("done") is True else None
    return UNREAD if rows is None else [*rows]


UNREAD: Final = Verdict(UNREADABLE, httpx.codes.OK, failing=True)


def shown(rows: Sequence[Row]) -> Verdict:
    """Say whether *rows*, all that are of one lead, show it: one that was merged lives on."""
    lives = [row for row in rows if not row.get("IsDeleted") or row.get("MasterRecordId")]
    if not lives:
        return Verdict(Rejected(Reason.NOT_FOUND_AFTER_ACCEPT), httpx.codes.OK)
    record_id = str(lives[0].get("Id"))
    return Verdict(Accepted(record_id), httpx.codes.OK) if is_id(record_id) else UNREAD
