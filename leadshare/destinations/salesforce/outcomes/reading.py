"""Destinations: asks Salesforce what became of leads: what has changed since, and by their ids.

Vendor: resources-query, resources-queryall, resources-composite-composite-post and
resources-composite-sobjects-collections-retrieve-post.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from leadshare.client.answers.json_values import as_object, text
from leadshare.client.answers.response import answered_at, exact_json_in
from leadshare.client.guard import LARGE
from leadshare.destinations.errors import Refused
from leadshare.destinations.replies import Verdict
from leadshare.destinations.salesforce.answers import is_id
from leadshare.destinations.salesforce.calls import API, call_refused, error_in, not_judged
from leadshare.destinations.salesforce.org import COLLECTIONS, Org
from leadshare.destinations.salesforce.outcomes.currency import only_currency
from leadshare.destinations.salesforce.outcomes.statuses import (
    LEAD,
    LEAD_IF_VISIBLE,
    OPPORTUNITY,
    OPPORTUNITY_IF_VISIBLE,
    Reading,
    outcome_of,
)
from leadshare.destinations.salesforce.outcomes.streams import ACTS, LEADS, STREAMS, Sign, identity
from leadshare.destinations.salesforce.queries import (
    KEYS_PER_QUERY,
    Row,
    address,
    composite,
    rows_in,
)
from leadshare.lifecycle.outcome import Changed, Outcome, Records, State
from leadshare.lifecycle.paging import cursor_of, positions
from leadshare.reason import Reason

SWEEP: Final = 2000
"""resources-composite-sobjects-collections-retrieve-post."""

_FIRST: Final = (
    "SELECT ApiName FROM LeadStatus WHERE IsDefault = true",
    "SELECT Id FROM User WHERE UserType IN ('AutomatedProcess','CloudIntegrationUser','Guest')",
)
"""What is asked once: which status new leads have, and which users are Salesforce's own
(Object Reference, LeadStatus and User)."""

_UNKNOWN: Final = "INVALID_FIELD"

Signs = dict[str, list[Sign]]
"""By the id of a lead: what was done for it."""


class Outcomes:
    """What one org tells; what never changes is asked for once."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._hidden: set[tuple[str, str]] = set()
        """Fields by their objects that the org lacks, or hides from our user."""
        self._once: tuple[frozenset[str], frozenset[str]] | None = None
        self._currency: str | None = None

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask each list from where it was read to, in one call; then those leads, by their ids."""
        before = positions(cursor, len(STREAMS))
        asked = [n for n, one in enumerate(before) if one.midway] or [*range(len(STREAMS))]
        key, after = self._org.settings.key, [*before]
        urls = [STREAMS[n].url(before[n], key, now) for n in asked]
        pages, answered = await self._rows(urls, now)
        signs, gone = Signs(), list[Outcome]()
        try:
            for n, rows in zip(asked, pages, strict=True):
                after[n] = STREAMS[n].moved(before[n], rows, answered, now)
                for row in rows:
                    lead = signs.setdefault(identity(row, STREAMS[n].lead), [])
                    lead += filter(None, [STREAMS[n].sign(row)])
                    if row.get("IsDeleted"):
                        gone.append(self._gone(text(row.get(key)), LEADS.at(row)))
        except ValueError:
            raise Refused(Reason.UNREADABLE_ANSWER) from None
        told = await self._told([*signs], signs, now)
        outcomes = (*gone, *(one for one in told.values() if one))
        return Changed(outcomes, cursor_of(after), more=any(one.midway for one in after))

    async def current(self, records: Records, now: datetime) -> Sequence[Outcome]:
        """Retrieve the leads of *records*; of a few, what persons did for them is asked, too."""
        ids = {lead: record for lead, record in records.items() if is_id(record)}
        asked, signs = [*ids.values()], Signs()
        if 0 < len(asked) <= KEYS_PER_QUERY:
            urls = [stream.about(asked, self._org.settings.key) for stream in ACTS]
            pages, _ = await self._rows(urls, now)
            for stream, rows in zip(ACTS, pages, strict=True):
                for row in rows:
                    acts = signs.setdefault(_short(text(row.get(stream.lead))), [])
                    acts += filter(None, [stream.sign(row)])
        by_id = {one: signs.get(_short(one), []) for one in asked}
        told = await self._told(asked, by_id, now)
        return [
            replace(found, lead=lead) if (found := told[record]) else self._gone(lead, now)
            for lead, record in ids.items()
        ]

    def _gone(self, lead: str, at: datetime) -> Outcome:
        return Outcome(lead, self._org.name, at, State.GONE)

    async def _told(
        self, ids: Sequence[str], signs: Signs, now: datetime
    ) -> Mapping[str, Outcome | None]:
        """Return what the leads with *ids* tell; None for what cannot be seen any more."""
        fields = (self._org.settings.key, *LEAD)
        leads = await self._retrieve("Lead", ids, fields, LEAD_IF_VISIBLE, now)
        found = [text(row.get("ConvertedOpportunityId")) for row in leads if row]
        deals = [*dict.fromkeys(filter(None, found))]
        more = OPPORTUNITY_IF_VISIBLE
        rows = await self._retrieve("Opportunity", deals, OPPORTUNITY, more, now)
        by_id = dict(zip(deals, rows, strict=True))
        reading = await self._reading(rows, now) if leads else None
        told: dict[str, Outcome | None] = dict.fromkeys(ids)
        try:
            for one, row in zip(ids, leads, strict=True):
                if row and reading:
                    deal = by_id.get(text(row.get("ConvertedOpportunityId")))
                    acts = [act.at for act in signs[one] if reading.is_sign(act, row)]
                    told[one] = outcome_of(row, deal, reading, acts)
        except ValueError:
            raise Refused(Reason.UNREADABLE_ANSWER) from None
        return told

    async def _reading(self, deals: Iterable[Row | None], now: datetime) -> Reading:
        org = self._org
        token = await org.token(now)
        if self._once is None:
            (statuses, users), _ = await self._rows([address("query", q) for q in _FIRST], now)
            self._once = _texts(statuses, "ApiName"), _texts(users, "Id")
        new, nobody = self._once
        lacking = any(deal.get("IsWon") and "CurrencyIsoCode" not in deal for deal in deals if deal)
        if lacking and self._currency is None:
            self._currency = await only_currency(org.client, token)
        if mapped := org.mapping.get("Status"):
            new |= {str(one) for one in (mapped.constant, mapped.default, *mapped.values.values())}
        key, told, currency = org.settings.key, org.settings.statuses, self._currency or ""
        return Reading(org.name, key, told, new, nobody | {token.user}, currency, token.user)

    async def _retrieve(
        self,
        table: str,
        ids: Sequence[str],
        fields: Sequence[str],
        if_visible: Sequence[str],
        now: datetime,
    ) -> list[Row | None]:
        """Return the rows with *ids*, in that order, and None for those that cannot be seen.

        A field that is not there makes Salesforce refuse the call; it is asked for no more.
        """
        while ids:
            extra = [name for name in if_visible if (table, name) not in self._hidden]
            body = {"ids": [*ids], "fields": [*fields, *extra]}
            path = f"{COLLECTIONS}/{table}"
            response = await self._org.call("POST", path, now, json=body, extensions=LARGE)
            code, message = error_in(response)
            if code == _UNKNOWN and extra:
                named = [name for name in extra if name in message]
                self._hidden |= {(table, name) for name in named or extra}
                continue
            rows = exact_json_in(response)
            if response.is_error or not isinstance(rows, list) or len(rows) != len(ids):
                refused = call_refused(response, now)
                raise Refused((refused or not_judged(response, self._org.settings.key)).reason)
            return [as_object(row) or None for row in rows]
        return []

    async def _rows(
        self, urls: Sequence[str], now: datetime
    ) -> tuple[list[list[Row]], datetime | None]:
        """Return the rows that each of *urls* answers, all asked in one call, and when it was."""
        path, key = f"{API}/composite", self._org.settings.key
        body = composite(urls)
        response = await self._org.call("POST", path, now, json=body, extensions=LARGE)
        parts = as_object(exact_json_in(response)).get("compositeResponse")
        if response.is_error or not isinstance(parts, list) or len(parts) != len(urls):
            refused = call_refused(response, now)
            raise Refused((refused or not_judged(response, key)).reason)
        return [_readable(rows_in(one, key, now, ())) for one in parts], answered_at(response)


T = TypeVar("T")


def _readable(rows: T | Verdict) -> T:
    if isinstance(rows, Verdict):
        raise Refused(rows.reason)
    return rows


def _texts(rows: Iterable[Row], name: str) -> frozenset[str]:
    return frozenset(filter(None, (text(row.get(name)) for row in rows)))


def _short(record: str) -> str:
    return record[:15]
