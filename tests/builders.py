"""Builders of the values that many tests need, with sensible defaults."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal

from pydantic import BaseModel

from leadshare import intake
from leadshare.classify import Classifier
from leadshare.core import ledger
from leadshare.core import touch as touches
from leadshare.core.configuration import Configuration
from leadshare.core.delivery import SCHEDULE, Accepted, Delivery, Outcome, Reply
from leadshare.core.envelope import open_envelope
from leadshare.core.identity import Identity
from leadshare.core.lead import Lead, fold
from leadshare.core.ledger import Attempt
from leadshare.core.record import Record
from leadshare.core.rows import PARTITIONS, Change, under
from leadshare.core.touch import Touch
from leadshare.desk import Desk
from leadshare.health import Health
from leadshare.management import Management
from leadshare.quarantine import Quarantine
from leadshare.replay import Replayer
from leadshare.shelf import Shelf
from leadshare.worklist import Worklist
from tests.memory import MemoryTable

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LEAD = "0123456789abcdef0123456789abcdef-fedcba9876543210"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CONTEXT: Any = SimpleNamespace(trace_context=SimpleNamespace(trace_parent=TRACE))
"""An invocation that the host has given a trace."""


def record(**changes: Any) -> Record:
    """A sales-ready lead of a customer who asked to be contacted."""
    values: Record = {
        "lead": LEAD,
        "version": 1,
        "storefront": "appsource",
        "audience": "business customers",
        "campaign_kind": "nurture",
        "campaign": "autumn-webinar",
        "listing": "contoso.invoice-robot",
        "listing_title": "Contoso Invoice Robot",
        "listing_kind": "app",
        "intent": "contact_request",
        "lane": "normal",
        "stage": "sales_ready",
        "score": 75,
        "reasons": ["+40 asked to be contacted", "+15 business e-mail", "+20 complete"],
        "first_name": "Sample",
        "last_name": "Buyer",
        "email": "sample.buyer@fabrikam.example",
        "phone": "+4930123456",
        "country": "DE",
        "company": "Fabrikam GmbH",
        "company_domain": "fabrikam.example",
        "job_title": "Head of IT",
        "notes": "Campaigns: autumn-webinar",
        "touches": 1,
        "first_touch": "2026-11-22T11:59:00.000Z",
        "last_touch": "2026-11-22T11:59:00.000Z",
    }
    return values | changes  # type: ignore[return-value]  # a test may break a field on purpose


def delivery(version: int = 1, lead: str = LEAD, **changes: Any) -> Delivery:
    """A delivery that is due for the first time."""
    fields: dict[str, Any] = {
        "lead": lead,
        "destination": "crm",
        "version": version,
        "record": record(version=version, lead=lead),
        "owed_since": NOW,
    }
    return Delivery(**(fields | changes))


IDENTITY = Identity(b"k" * 32)

PERSON = {
    "FirstName": "Sample",
    "LastName": "Buyer",
    "Email": "sample.buyer@fabrikam.example",
    "Phone": "4930123456",
    "Country": "DE",
    "Company": "Fabrikam GmbH",
    "Title": "Head of IT",
}


def post(**changes: Any) -> dict[str, Any]:
    """The body of somebody who used Contact me; changes go where the marketplace has them."""
    person = {name: changes.pop(name, value) for name, value in PERSON.items()}
    return {
        "UserDetails": person,
        "LeadSource": "SPZA-PLT|contoso.invoice-robot",
        "ActionCode": "PLT",
        "OfferTitle": "Contoso Invoice Robot",
        "Description": "Campaigns: autumn-webinar",
        **changes,
    }


def message(
    body: Mapping[str, Any] | bytes,
    number: int = 1,
    at: datetime = NOW,
    listing: str = "",
    via: str = "",
) -> bytes:
    """The queue message of touch *number*, taken by intake or told by a referral at that time."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    if via:
        return intake.envelope(sent, listing, f"{number:032x}", at, via=via)
    answer = intake.take(sent, listing, touch=f"{number:032x}", now=at)
    assert answer.message is not None, "intake refused this body"
    return answer.message


class Named(BaseModel):
    """The part of a destination's settings that the core looks at."""

    name: str
    channel: Literal["crm", "field_seller", "marketplace"]
    accepts: frozenset[str]


def configuration(*destinations: Mapping[str, Any], **changes: Any) -> Configuration[Any]:
    """A configuration with these destinations; all are CRMs that accept no special lead."""
    default = {"channel": "crm", "accepts": []}
    return Configuration[Named].model_validate(
        {"destination": [{**default, **told} for told in destinations], **changes}
    )


def touch(
    number: int = 1,
    at: datetime = NOW,
    under: Configuration[Any] | None = None,
    path: str = "",
    via: str = "",
    **changes: Any,
) -> Touch:
    """Touch *number*, read from `post(**changes)` under a configuration."""
    envelope = open_envelope(message(post(**changes), number, at, path, via))
    return touches.read(envelope, under or configuration(), IDENTITY)


def later(number: int, **changes: Any) -> Touch:
    """Touch *number*, so many minutes after noon."""
    return touch(number, NOW + minutes(number), **changes)


def lead(**changes: Any) -> Lead:
    """The lead of `touch()`, with fields of its own changed."""
    [folded] = fold([touch()]).values()
    return replace(folded, **changes)


def reasons(reply: Reply) -> list[str]:
    """The reasons in *reply*, empty for what was accepted."""
    return [getattr(outcome, "reason", "") for outcome in reply.outcomes]


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)


def referral(**changes: Any) -> dict[str, Any]:
    """A marketplace lead as Partner Center's referrals API answers it; details by their names.

    Microsoft, "Referral resources": independent, by the customer, invited by nobody or Microsoft.
    """
    member = {
        "firstName": "Sample",
        "lastName": "Buyer",
        "email": "sample.buyer@fabrikam.example",
        "phoneNumber": "4930123456",
    }
    told = {
        "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "engagementId": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "name": "Contoso Invoice Robot",
        "createdDateTime": "2026-11-22T11:58:00.1234567Z",
        "updatedDateTime": "2026-11-22T11:59:00Z",
        "expirationDateTime": "2026-12-06T11:58:00Z",
        "status": "New",
        "substatus": "Pending",
        "type": "Independent",
        "qualification": "Direct",
        "direction": "Incoming",
        "eTag": '"7200f91a-0000-0000-0000-5f9bd6ee0000"',
        "customerProfile": {
            "name": "Fabrikam GmbH",
            "address": {"city": "Berlin", "country": "DE"},
            "team": [member],
        },
        "consent": {"consentToContact": True},
        "details": {"notes": "Need help with invoices", "dealValue": 1000.5, "currency": "EUR"},
    }
    return told | changes


INVITED = {
    name: {"notes": "", "invitedBy": {"organizationId": name, "organizationName": name}}
    for name in ("msft", "8d6c5f0e-0000-4000-8000-000000000001")
}
BY_MICROSOFT, BY_PARTNER = INVITED.values()

NO_LEADS: dict[str, tuple[dict[str, Any], str]] = {
    "seller-qualified": (
        {"qualification": "SalesQualified", "inviteContext": BY_MICROSOFT},
        "qualified_lead",
    ),
    "marketing-qualified": (
        {"qualification": "MarketingQualified", "inviteContext": BY_MICROSOFT},
        "qualified_lead",
    ),
    "co-sell-independent": (
        {"qualification": "SalesQualified", "inviteContext": BY_PARTNER},
        "co_sell",
    ),
    "co-sell-shared": (
        {"type": "Shared", "qualification": "None", "inviteContext": BY_PARTNER},
        "co_sell",
    ),
    "direct-by-a-partner": ({"inviteContext": BY_PARTNER}, "unknown"),
    "direct-and-shared": ({"type": "Shared"}, "unknown"),
    "sales-qualified-by-nobody": ({"qualification": "SalesQualified"}, "unknown"),
    "nothing-said": ({"type": None, "qualification": None}, "unknown"),
    "said-otherwise": ({"type": ["Independent"], "qualification": {"Direct": 1}}, "unknown"),
    "call-to-action-only": (
        {"qualification": "None", "referralSource": "AppSource", "callToAction": "PLT"},
        "unknown",
    ),
}
"""What is no marketplace lead: what it says otherwise, and its kind (domain reference, 3.1)."""


class Office:
    """A deployment in memory: its tables, a clock that stands, and leads brought into them."""

    def __init__(self, *destinations: Mapping[str, Any], **changes: Any) -> None:
        self.table, self.lanes, self.shelved = MemoryTable(), MemoryTable(), MemoryTable()
        self.now = NOW
        told = destinations or ({"name": "crm"}, {"name": "sellers", "channel": "field_seller"})
        self.configuration = configuration(*told, **changes)

    def clock(self) -> datetime:
        """The time that it is."""
        return self.now

    @property
    def quarantine(self) -> Quarantine:
        """Its quarantine."""
        return Quarantine(self.table, self.clock)

    @property
    def shelf(self) -> Shelf:
        """Its shelf of referrals."""
        return Shelf(self.shelved, self.clock)

    @property
    def classifier(self) -> Classifier:
        """Its classifier."""
        table, told = self.table, self.configuration
        return Classifier(table, self.quarantine, told, IDENTITY, self.clock)

    @property
    def management(self) -> Management:
        """Its management."""
        return Management(self.table)

    @property
    def health(self) -> Health:
        """Its health; it looks after its queues itself."""
        return Health(self.table, self.lanes, self, self.clock)

    @property
    def replayer(self) -> Replayer:
        """Its replayer."""
        return Replayer(self.table, self.lanes, self.clock)

    @property
    def worklist(self) -> Worklist:
        """Its worklist."""
        return Worklist(self.table, self.lanes, self.clock)

    def desk(self, running: Callable[[], Any]) -> Desk:
        """Its desk, with what can run of its configuration."""
        return Desk(
            self.management,
            self.health,
            self.replayer,
            self.shelf,
            self.worklist,
            running,
            "a-build",
        )

    async def waiting(self, now: datetime) -> dict[str, Any]:
        """Its queues: three touches wait."""
        assert now.tzinfo
        return {"touches": {"count": 3, "oldest_seconds": 4}}

    async def take(self, number: int = 1, body: bytes | None = None, **changes: Any) -> None:
        """Classify touch *number*, so many minutes after noon; its e-mail names the number."""
        self.now = NOW + minutes(number)
        told = post(**{"Email": f"person-{number}@fabrikam.example", **changes})
        sent = message(told if body is None else body, number, self.now)
        await self.classifier.classify(sent, self.now)

    async def finish(self, destination: str = "crm", outcome: Outcome | None = None) -> None:
        """Finish an attempt at everything that is due at a destination: accepted unless told."""
        for partition in PARTITIONS:
            for row in await self.table.read(partition, *under(f"due|{destination}")):
                ended = Attempt(ledger.to_delivery(row), outcome or Accepted("r-1"), self.now, 200)
                changes = ledger.finish(row, ended, SCHEDULE, self.now, 0.0)
                await self.table.write(partition, changes)


LIMIT_STRING, LIMIT_ENTITY, LIMIT_TRANSACTION = 32 * 1024, 2**20, 4 * 2**20
"""Table Storage: UTF-16 units of a string, bytes of an entity, bytes of a transaction."""


def _units(text: str) -> int:
    """UTF-16 units of *text*."""
    return len(text.encode("utf-16-le")) // 2


def check_fits(changes: Sequence[Change]) -> None:
    """Check every limit of Table Storage on one transaction."""
    assert 1 <= len(changes) <= 100
    assert len(changes) == len({change.key for change in changes})
    # The SDK escapes all that is not ASCII.
    told = [json.dumps(dict(change.values), default=bytes.hex) for change in changes]
    assert LIMIT_TRANSACTION > sum(len(text) + 1000 for text in told)
    for change in changes:
        _check_row(change)


def _check_row(change: Change) -> None:
    assert len(change.key) < 512
    assert not set(change.key) & set("/\\#?")
    assert change.key.isprintable()
    size = 2 * len(change.key)
    for name, value in change.values.items():
        if isinstance(value, str):
            assert _units(value) <= LIMIT_STRING
        elif isinstance(value, bytes):
            assert len(value) <= 2 * LIMIT_STRING
        size += 2 * len(name) + (2 * _units(value) if isinstance(value, str) else 0)
    assert size < LIMIT_ENTITY


async def fill(
    office: Office, keys: list[str], partition: str = "0", values: Mapping[str, Any] | None = None
) -> None:
    """Put rows with these keys into a partition."""
    for start in range(0, len(keys), 100):
        changes = [Change("insert", key, values or {}) for key in keys[start : start + 100]]
        await office.table.write(partition, changes)
