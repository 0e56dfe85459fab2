"""Builders of the values that many tests need, with sensible defaults."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal

from pydantic import BaseModel

from leadshare import intake
from leadshare.configuration.models import Catalogue, Configuration
from leadshare.custody.acts import Acts
from leadshare.custody.chain import Chain
from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Delivery, Outcome, Reply
from leadshare.deliveries.lanes.visit import Nudge
from leadshare.deliveries.ledger import Attempt
from leadshare.deliveries.record import Entry, Record
from leadshare.identity import Identity
from leadshare.intake.message import open_envelope
from leadshare.leads import touch as touches
from leadshare.leads.classify import Classifier
from leadshare.leads.folding.persons import FACTS
from leadshare.leads.folding.story import DATED
from leadshare.leads.lead import Lead, fold
from leadshare.leads.outcomes.recording import Recorder
from leadshare.leads.quarantine import Quarantine
from leadshare.leads.routing import Routes
from leadshare.leads.touch import Touch
from leadshare.leads.unrouted import Unrouted
from leadshare.lifecycle.posted.waiting import Waiting
from leadshare.operators.find import Finder
from leadshare.operators.health import Health
from leadshare.operators.lists import Lists
from leadshare.operators.orders.by_hand import ByHand
from leadshare.operators.orders.replay import Replayer
from leadshare.operators.outcomes import OutcomeRequests
from leadshare.operators.persons import Privacy
from leadshare.operators.reports.requests import ReportRequests
from leadshare.operators.requests import OperatorRequests
from leadshare.operators.worklist import Worklist
from leadshare.playbook import Storefront
from leadshare.referrals.kept import ReferralStore
from leadshare.scoring.settings import Scoring
from leadshare.store.keys import PARTITIONS, under
from leadshare.store.table import Change, Row
from leadshare.times import to_text
from leadshare.watch.prover import Proofs, Prover
from tests.memory import MemoryTable

PRIVACY_KEY = "a privacy key of some 32 characters"
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
        "campaign_name": "autumn-webinar",
        "first_campaign": "autumn-webinar",
        "last_campaign": "autumn-webinar",
        "listing": "contoso.invoice-robot",
        "listing_title": "Contoso Invoice Robot",
        "listing_kind": "app",
        "intent": "contact_request",
        "action_code": "PLT",
        "lead_source": "SPZA-PLT|contoso.invoice-robot",
        "consent": "agreed to be contacted, by Contact me (PLT) on 2026-11-22",
        "category": "normal",
        "stage": "sales_ready",
        "stage_at": "2026-11-22T11:59:00.000Z",
        "stage_by": "score",
        "stage_why": "",
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
        "seniority": "decides",
        "notes": "Campaigns: autumn-webinar",
        "persons": [],
        "since": dict.fromkeys(DATED, 1),
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


TEXTS = tuple(k for k, v in record().items() if isinstance(v, str) and not k.endswith("_touch"))
"""The fields of a record whose text may be any: all but the times, which are ours."""


def entry(**changes: Any) -> Entry:
    """What the story tells of the touch of `record()`."""
    told: Entry = {
        "touch": f"{changes.get('version', 1):032x}",
        "version": 1,
        "received": "2026-11-22T11:59:00.000Z",
        "action": "PLT",
        "intent": "contact_request",
        "first_name": "Sample",
        "last_name": "Buyer",
        "job_title": "Head of IT",
        "phone": "+4930123456",
        "company": "Fabrikam GmbH",
        "country": "DE",
        "words": "Please call me.",
        "campaign": "autumn-webinar",
    }
    return told | changes  # type: ignore[return-value]  # as told above


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
        "Description": "Campaigns: ",
        **changes,
    }


def message(  # noqa: PLR0913, PLR0917 - the parts of a message
    body: Mapping[str, Any] | bytes,
    number: int = 1,
    at: datetime = NOW,
    listing: str = "",
    via: str = "",
    framed: str = intake.LENGTH,
    key: str = "",
) -> bytes:
    """The queue message of touch *number*, taken by intake or told of in *via* at that time."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    if via:
        return intake.envelope(sent, listing, f"{number:032x}", at, via=via)
    answer = intake.take(sent, listing, touch=f"{number:032x}", now=at, framed=framed, key=key)
    assert answer.message is not None, "intake refused this body"
    return answer.message


class Named(BaseModel):
    """The part of a destination's settings that the core looks at."""

    name: str
    channel: Literal["crm", "field_seller", "marketplace"]
    storefronts: frozenset[Storefront] = frozenset()
    accepts: frozenset[str]
    follows_up: bool = True
    tells_outcomes: bool = False
    has_campaigns: bool = False


class Nudged:
    """Remembers the nudges that it was asked to put."""

    def __init__(self) -> None:
        self.nudges: list[Nudge] = []

    async def nudge(self, nudges: Sequence[Nudge]) -> None:
        """Take them down."""
        self.nudges += nudges


def visit_ids(prefix: str = "visit") -> Callable[[], str]:
    """What names visits: each by another name, whoever asks."""
    return lambda: f"{prefix}{next(_NUMBERS)}"


_NUMBERS = itertools.count(1)


UNTRACKED = [
    {"id": f"none-{number}", "kind": kind}
    for number, kind in enumerate(("nurture", "in-demand generation"))
]
"""Tracks without a step: leads are left alone."""


def configuration(*destinations: Mapping[str, Any], **changes: Any) -> Configuration[Any]:
    """A configuration with these destinations: CRMs, unless told, that accept no special lead.

    Field sellers get every lead, by a route, unless routes are told; the campaigns are those that
    listings name, unless some are told. No track runs, unless some are told: with `track=[]` the
    default ones do.
    """
    default = {"channel": "crm", "accepts": []}
    sellers = [told["name"] for told in destinations if told.get("channel") == "field_seller"]
    return Configuration[Named].model_validate(
        {
            "destination": [{**default, **told} for told in destinations],
            "route": [{"to": sellers}] if sellers else [],
            "track": UNTRACKED,
            "campaign": campaigns(one.get("campaign", "") for one in changes.get("listing", ())),
            **changes,
        }
    )


def campaigns(names: Iterable[str]) -> list[dict[str, str]]:
    """Campaigns of these names, once each, that take only leads that name them."""
    return [{"id": name, "name": name, "kind": "nurture"} for name in dict.fromkeys(names) if name]


def rerouting(told: Configuration[Any]) -> tuple[Catalogue, Routes]:
    """The parts of a configuration by which leads are routed again."""
    return told.catalogue, Routes.of(told)


def classifying(told: Configuration[Any]) -> tuple[Catalogue, Routes, Scoring]:
    """The parts of a configuration by which touches are classified."""
    return *rerouting(told), told.scoring


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
    return touches.read(envelope, (under or configuration()).catalogue, IDENTITY)


def later(number: int, **changes: Any) -> Touch:
    """Touch *number*, so many minutes after noon."""
    return touch(number, NOW + minutes(number), **changes)


def lead(**changes: Any) -> Lead:
    """The lead of `touch()`, with fields of its own changed; *facts* are its only person's."""
    [folded] = fold([touch()]).values()
    if told := changes.pop("facts", None):
        person = replace(folded.persons[0], facts={name: told[name] for name in FACTS})
        address = {name: told[name] for name in folded.address}
        changes |= {"persons": (person,), "address": address}
    return replace(folded, **changes)


def moved(stage: str) -> dict[str, str]:
    """Return what says that a lead has come to *stage* by its score."""
    return {"stage": stage, "stage_at": to_text(NOW), "stage_by": "score", "stage_why": ""}


def reasons(reply: Reply) -> list[str]:
    """The reasons in *reply*, empty for what was accepted."""
    return [getattr(outcome, "reason", "") for outcome in reply.outcomes]


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)


class Office:
    """A deployment in memory: its tables, a clock that stands, and leads brought into them."""

    def __init__(self, *destinations: Mapping[str, Any], **changes: Any) -> None:
        self.table, self.state, self.referrals_table = MemoryTable(), MemoryTable(), MemoryTable()
        self.nudged = Nudged()
        self.way_in: Any = None
        self.now = NOW
        self.acts = Acts(Chain(self.state, self.clock, visit_ids("act"), lambda _: None))
        told = destinations or ({"name": "crm"}, {"name": "sellers", "channel": "field_seller"})
        self.configuration = configuration(*told, **changes)

    def configure(self, *destinations: Mapping[str, Any], **changes: Any) -> None:
        """Have another configuration from now on."""
        self.configuration = configuration(*destinations, **changes)

    def clock(self) -> datetime:
        """The time that it is."""
        return self.now

    @property
    def quarantine(self) -> Quarantine:
        """Its quarantine."""
        return Quarantine(self.table, self.clock)

    @property
    def referral_store(self) -> ReferralStore:
        """Its store of referrals."""
        return ReferralStore(self.referrals_table, self.clock)

    @property
    def classifier(self) -> Classifier:
        """Its classifier."""
        table, told = self.table, self.configuration
        return Classifier(
            *(table, self.quarantine, *classifying(told), IDENTITY),
            *(self.clock, self.nudged, self.proofs),
        )

    @property
    def proofs(self) -> Proofs:
        """Its row of the last proof."""
        return Proofs(self.state, self.clock)

    @property
    def prover(self) -> Prover:
        """Its prover, which is off unless a test sets a way in."""
        nonces = visit_ids("nonce")
        return Prover(self.proofs, self.way_in, "" if self.way_in else "no way in", nonces)

    @property
    def lists(self) -> Lists:
        """What lists things for its operators."""
        return Lists(self.table, self.state, self.clock, {"crm": None, "sellers": None})

    @property
    def health(self) -> Health:
        """Its health; it looks after its queues itself."""
        return Health(self.table, self.state, self, self.prover, self.clock)

    @property
    def replayer(self) -> Replayer:
        """Its replayer."""
        return Replayer(self.table, self.state, self.clock, self.nudged)

    @property
    def by_hand(self) -> ByHand:
        """What carries out its operators' orders about one thing."""
        return ByHand(self.table, self.state, self.clock, self.nudged)

    @property
    def unrouted(self) -> Unrouted:
        """What tells of leads that nobody takes, and plans them again."""
        return Unrouted(self.table, *rerouting(self.configuration), self.clock)

    @property
    def worklist(self) -> Worklist:
        """Its worklist."""
        return Worklist(self.table, self.clock)

    @property
    def outcomes(self) -> Waiting:
        """Its outcomes that wait."""
        return Waiting(self.state, self.clock)

    @property
    def recorder(self) -> Recorder:
        """What writes down what became of its leads."""
        return Recorder(self.table, *classifying(self.configuration), self.clock, self.nudged)

    def requests(self, configured: Callable[[], Any]) -> OperatorRequests:
        """What answers its operators, with what can run of its configuration."""
        return OperatorRequests(
            *(self.lists, self.health, self.replayer, self.by_hand),
            *(self.referral_store, self.worklist, Finder(self.table, self.state, IDENTITY)),
            OutcomeRequests(self.table, self.outcomes, self.acts, self.clock, configured),
            ReportRequests(
                *(self.table, self.state, self.acts, Privacy(PRIVACY_KEY), self.clock, configured)
            ),
            *(self.acts, Privacy(PRIVACY_KEY)),
            *(configured, "a-build"),
        )

    async def waiting(self, now: datetime) -> dict[str, Any]:
        """Its queues: three touches wait."""
        assert now.tzinfo
        return {"touches": {"count": 3, "oldest_seconds": 4}}

    async def take(
        self,
        number: int = 1,
        body: bytes | None = None,
        framed: str = intake.LENGTH,
        **changes: Any,
    ) -> None:
        """Classify touch *number*, so many minutes after noon; its e-mail names the number."""
        self.now = NOW + minutes(number)
        told = post(**{"Email": f"person-{number}@fabrikam.example", **changes})
        sent = message(told if body is None else body, number, self.now, framed=framed)
        await self.classifier.classify(sent, self.now)

    async def due(self, destination: str = "crm") -> list[Row]:
        """All that is due at a destination."""
        span = under(f"due|{destination}")
        return [row for p in PARTITIONS for row in await self.table.read(p, *span)]

    async def finish(
        self,
        destination: str = "crm",
        outcome: Outcome | None = None,
        *,
        look_up: bool = False,
        follows_up: bool = True,
    ) -> None:
        """Finish an attempt at everything that is due at a destination: accepted unless told."""
        for row in await self.due(destination):
            did = outcome or Accepted("r-1")
            delivery = ledger.to_delivery(row)
            ended = Attempt(delivery, did, self.now, 200, follows_up=follows_up)
            changes = ledger.finish(row, ended, SCHEDULE, self.now, 0.0, look_up=look_up)
            found = ledger.with_record(changes, ended.delivery, IDENTITY.index_name)
            await self.table.write(row.partition, found)


async def fill(
    office: Office, keys: list[str], partition: str = "0", values: Mapping[str, Any] | None = None
) -> None:
    """Put rows with these keys into a partition."""
    for start in range(0, len(keys), 100):
        changes = [Change("insert", key, values or {}) for key in keys[start : start + 100]]
        await office.table.write(partition, changes)
