"""Fuzz: whatever operators and strangers send is answered, never with a fault of ours.

The same examples each time, others by option: `tests/fuzzing.py`.
"""

from __future__ import annotations

import asyncio
import json
import operator
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadshare.deliveries.delivery import Rejected
from leadshare.errors import BadRequest, Unknown
from leadshare.operators.requests import OperatorRequests
from leadshare.partner_center.certificates import CALLS
from leadshare.partner_center.signature import Signatures
from leadshare.referrals.classify import Webhook
from leadshare.store.keys import CHAIN
from leadshare.store.table import Change
from tests.builders import LEAD, Office, touch
from tests.limits import check_fits
from tests.memory import MemoryTable
from tests.microsoft import RESOURCE, URL, event, headers, root, web
from tests.operators.orders.ordered import lawful
from tests.operators.requests import Configured
from tests.referrals.bureau import Bureau

WORDS = [
    *("crm", "sellers", "deliveries", "quarantine", "unrouted", "bad", "worklist", "true", "zoe"),
    *("2026-11-22", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "now", LEAD, "due-x"),
    *("' or 1 eq 1", "x" * 300, "é" * 700, "\ud800", "\x00", "=1+1", "%00", "|", "~", "due|crm"),
]
TEXTS = st.sampled_from(WORDS) | st.text(st.characters(codec=None), max_size=20)
SOMEBODY = touch(1, Email="person-1@fabrikam.example").lead[:12]
"""The beginning of the id of the one lead that there is."""

KEYS = st.sampled_from(
    ["by", "what", "destination", "reason", "since", "until", "dry_run", "all", "leads"]
)
VALUES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
RIGHT = st.fixed_dictionaries(
    {"by": st.just("zoe")},
    optional={
        "what": st.sampled_from(["deliveries", "quarantine", "unrouted", "notice_only"]),
        "destination": st.sampled_from(["crm", "sellers", "", None]),
        "reason": st.sampled_from(["bad", "not_json", ""]),
        "touch": st.sampled_from(["0" * 8, "f" * 32]),
        "since": st.sampled_from(["2026-11-22T12:00:00Z", "2026-11-23", None]),
        "until": st.sampled_from(["2026-11-22T12:01:00Z", "2027-01-01"]),
        "dry_run": st.booleans(),
        "all": st.booleans(),
    },
)
KNOWN = st.builds(
    lambda name, text: {"by": "zoe", name: text},
    st.sampled_from(["email", "phone", "company", "record", "link"]),
    TEXTS | st.sampled_from(["sample.buyer@fabrikam.example", "030 123456", "Fabrikam"]),
)
TOLD = st.builds(
    lambda lead, more: {"by": "zoe", "lead": lead} | more,
    st.sampled_from([LEAD, LEAD[:9], "", SOMEBODY]),
    st.fixed_dictionaries(
        {},
        optional={
            "state": st.sampled_from(["won", "lost", "working", "gone", None]),
            "amount": st.sampled_from(["1200", "1e3", "-1", 5, None]),
            "currency": st.sampled_from(["EUR", "eur", ""]),
            "source": st.sampled_from(["crm", "people", "other", "", None]),
            "reason": TEXTS,
            "opted_out": st.booleans(),
        },
    ),
)
ORDERS = st.builds(
    lambda right, more: json.dumps(right | more).encode(),
    RIGHT | KNOWN | TOLD | st.just({}),
    st.just({}) | st.dictionaries(KEYS | TEXTS, VALUES, max_size=3),
)
NAMES = ("replay", "enable", "park", "resend", "drop", "pause", "resume")
GIVEN = [f"orders.{name}" for name in NAMES]
BODIES = ORDERS | st.binary(max_size=60) | st.sampled_from([b"[" * 40_000, b"9" * 40_000, b"null"])
QUERIES = st.dictionaries(
    st.sampled_from(
        [
            *("limit", "after", "storefront", "listing", "stage", "since", "unrouted", "state"),
            *("notice_only", "reason", "destination", "kind", "status", "format", "code"),
            "waiting",
        ]
    )
    | TEXTS,
    st.sampled_from(["1", "200", "appsource", "parked", "New", "csv", "x" * 9000]) | TEXTS,
    max_size=3,
)


class LimitedTable(MemoryTable):
    """A table that refuses what Table Storage would refuse."""

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        """Check, then write."""
        check_fits(changes)
        return await super().write(partition, changes)


async def prepared() -> tuple[Office, OperatorRequests]:
    """An office with one delivery that is parked, one touch in quarantine, and its requests."""
    office = Office()
    office.table, office.state = LimitedTable(), LimitedTable()
    await office.take(1)
    await office.finish("crm", Rejected("bad"))
    await office.take(2, b"no json")
    rates: dict[str, Any] = {"crm": None, "sellers": None}
    configured = Configured(office.classifier, rates, office.unrouted, recorder=office.recorder)
    return office, office.requests(lambda: configured)


def acts(office: Office) -> list[dict[str, Any]]:
    """What was recorded."""
    return [values for (place, _), (values, _) in office.state.rows.items() if place == CHAIN]


class TestOrders:
    @given(
        BODIES,
        st.sampled_from(["do_work", "find", "outcomes.tell", *GIVEN]),
    )
    def test_answered(self, body, name):
        """An order is carried out and recorded, or refused, and then nothing was done."""
        asyncio.run(self.order(body, name))

    async def order(self, body: bytes, name: str) -> None:
        """Order something, whatever it is."""
        office, requests = await prepared()
        before = dict(office.table.rows)
        try:
            query: tuple[dict[str, str], ...] = ({},) if name == "find" else ()
            answer = await operator.attrgetter(name)(requests)(*query, body)
        except (BadRequest, Unknown) as error:
            # What a lane that was never ticked is told is no fault of the order's.
            never_ticked = "been ticked yet" in str(error)
            assert before == office.table.rows
            assert never_ticked or not acts(office)
        else:
            kept = acts(office)
            assert len(kept) == (0 if answer.get("dry_run") else 2)
            assert kept or before == office.table.rows
        assert lawful(office)


class TestQueries:
    @given(
        QUERIES,
        st.sampled_from(
            [
                *("list_leads", "list_deliveries", "list_quarantine", "list_referrals"),
                *("list_work", "outcomes.list_waiting"),
            ]
        ),
    )
    def test_answered(self, query, name):
        """A question is answered, or refused; it changes nothing."""
        asyncio.run(self.ask(query, name))

    async def ask(self, query: dict[str, str], name: str) -> None:
        """Ask something, whatever it is."""
        office, requests = await prepared()
        before = dict(office.table.rows)
        with suppress(BadRequest, Unknown):
            assert await operator.attrgetter(name)(requests)(query)
        assert before == office.table.rows


SIGNED = event()
RSA = b64encode(b"x" * 256).decode()
HEADERS = st.builds(
    lambda right, more: right | more,
    st.sampled_from([headers(SIGNED), headers(SIGNED, signer="other"), {}]),
    st.dictionaries(
        st.sampled_from(
            ["authorization", "x-ms-signature", "x-ms-certificate-url", "x-ms-signature-algorithm"]
        ),
        st.sampled_from(
            [
                *("rsa-sha256", "rsa-sha1", f"Signature {RSA}", RSA, URL, URL.replace("c", "%63")),
                *("https://www.microsoft.com/a.cer", "https://[", "x" * 5000, "Signature é"),
            ]
        )
        | st.builds("https://www.microsoft.com/{}.cer".format, st.integers(0))
        | TEXTS,
        max_size=2,
    ),
)
EVENTS = st.builds(
    lambda more: event(**more),
    st.dictionaries(
        st.sampled_from(["EventName", "ResourceUri", "ResourceChangeUtcDate", "AuditUri"]),
        st.sampled_from(["referral-created", "test-created", RESOURCE, "2020-01-01"]) | VALUES,
        max_size=2,
    ),
)


class TestEvents:
    @given(st.lists(st.tuples(HEADERS, st.just(SIGNED) | EVENTS | BODIES), max_size=20))
    def test_answered(self, sent):
        """Events are answered; only what is signed is taken, and few certificates are fetched."""
        asyncio.run(self.send(sent))

    async def send(self, sent: list[tuple[dict[str, str], bytes]]) -> None:
        """Send events, whatever they are."""
        found, bureau = web(), Bureau()
        proof = Signatures.under(found.client(), [root()])
        webhook = Webhook(proof, lambda: bureau, bureau.clock)
        for told, body in sent:
            answer = await webhook.accept(told, body)

            assert answer.status in {200, 202, 400, 401, 413, 503}
            assert (answer.message is not None) == (answer.status == 202)
            assert body == SIGNED or answer.status in {401, 413, 503}
        assert len(found.asked) <= CALLS
