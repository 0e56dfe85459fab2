"""Referrals are no leads: how they are taken and kept, and that no path leads to leads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare import intake
from leadshare.core.envelope import open_envelope
from leadshare.core.referral_kind import Kind
from leadshare.core.rows import Change
from leadshare.errors import (
    BadRequest,
    ConfigurationError,
    Conflict,
    StorageError,
    Unreachable,
    Unsigned,
)
from leadshare.referrals import SETTLED, Referrals, Webhook
from leadshare.shelf import PARTITION, TRIES, read_message
from tests.builders import (
    IDENTITY,
    NO_LEADS,
    NOW,
    TRACE,
    Office,
    check_fits,
    message,
    minutes,
    post,
    referral,
)
from tests.laws import violations
from tests.memory import MemoryTable
from tests.microsoft import REFERRAL, RESOURCE, event

CATALOGUE = [
    {"id": "contoso.invoice-robot", "title": "Contoso Invoice Robot", "kind": "app"},
    {"id": "contoso.vm-suite", "title": "Contoso VM Suite", "kind": "offer"},
]


@dataclass
class Partner:
    """Partner Center with some referrals."""

    referrals: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    error: Exception | None = None

    async def fetch(self, referral: str, now: datetime) -> Mapping[str, Any] | None:
        """Give one."""
        assert now.tzinfo
        if self.error:
            raise self.error
        return self.referrals.get(referral)


class Bureau(Office):
    """An office that takes referrals as well."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(**{"listing": CATALOGUE} | changes)
        self.partner = Partner()

    @property
    def referrals(self) -> Referrals:
        """What classifies its referrals."""
        return Referrals(self.shelf, self.partner, self.configuration, IDENTITY, self.clock)

    async def tell(self, told: Mapping[str, Any], key: str = REFERRAL) -> bytes | None:
        """Classify a referral, and whatever it becomes."""
        self.partner.referrals[key] = told
        touch = await self.referrals.classify(queued(key))
        if touch is not None:
            await self.classifier.classify(touch, self.now)
        return touch

    def row(self, key: str = REFERRAL) -> dict[str, Any]:
        """A referral's row."""
        return self.shelved.rows[PARTITION, key][0]


def queued(key: str = REFERRAL, at: datetime = NOW) -> bytes:
    """The message about a referral."""
    told = {"id": key, "event": "referral-created", "received": at.isoformat()}
    return json.dumps({"v": 1, "referral": told}).encode()


@pytest.fixture(name="bureau")
def _bureau() -> Bureau:
    return Bureau()


class Signed:
    """Takes everything for signed, or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Verify nothing."""
        assert now == NOW, (headers, body)
        if self.error:
            raise self.error


def webhook(bureau: Bureau, error: Exception | None = None) -> Webhook:
    """What takes events for a bureau."""
    return Webhook(Signed(error), lambda: bureau, bureau.clock)


class TestWebhook:
    @pytest.mark.parametrize("name", ["referral-created", "referral-updated", "Referral-Created"])
    async def test_taken(self, bureau, name):
        """
        An event about a referral is taken: its message names the referral and when it was taken.
        """
        answer = await webhook(bureau).take({}, event(EventName=name))

        assert (202, {"status": "accepted", "referral": REFERRAL}) == (answer.status, answer.body)
        assert answer.message is not None
        assert (REFERRAL, NOW) == read_message(answer.message)
        assert {"v", "referral"} == set(json.loads(answer.message))
        assert name.lower() == json.loads(answer.message)["referral"]["event"]

    @pytest.mark.parametrize(
        "uri",
        [
            RESOURCE,
            f"https://api.partner.microsoft.com/v1.0/engagements/referrals/{REFERRAL}",
            RESOURCE.replace(REFERRAL, REFERRAL.upper()),
        ],
    )
    async def test_resources(self, bureau, uri):
        """
        Both addresses that Partner Center has for a referral are read, in either case.
        """
        answer = await webhook(bureau).take({}, event(ResourceUri=uri))

        assert REFERRAL == answer.body["referral"]

    @pytest.mark.parametrize(
        "uri",
        [
            pytest.param(None, id="none"),
            pytest.param(7, id="no-text"),
            pytest.param("", id="empty"),
            pytest.param(REFERRAL, id="id-only"),
            pytest.param(RESOURCE.replace("https", "http"), id="http"),
            pytest.param(RESOURCE.replace(".com/", ".com.evil.example/"), id="another-host"),
            pytest.param(RESOURCE.replace("api.", "evil.example/api."), id="in-the-path"),
            pytest.param(RESOURCE.replace("https://", "https://evil@"), id="user"),
            pytest.param(RESOURCE.replace(".com/", ".com:8443/"), id="port"),
            pytest.param(f"{RESOURCE}/../x", id="goes-on"),
            pytest.param(f"{RESOURCE}?a=b", id="query"),
            pytest.param(f"{RESOURCE}\n", id="newline"),
            pytest.param(RESOURCE.replace(REFERRAL, "..%2f"), id="no-id"),
            pytest.param(RESOURCE.replace(REFERRAL, "a" * 65), id="too-long"),
            pytest.param(RESOURCE.replace("referrals", "customers"), id="another-kind"),
        ],
    )
    async def test_resource_refused(self, bureau, uri):
        """
        An address of anything else is refused.
        """
        answer = await webhook(bureau).take({}, event(ResourceUri=uri))

        assert (400, "resource_refused", None) == (
            answer.status,
            answer.body["detail"],
            answer.message,
        )

    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("test-created", "tested"),
            ("related-referral-created", "ignored"),
            ("subscription-updated", "ignored"),
            ("", "ignored"),
            (None, "ignored"),
        ],
    )
    async def test_other_events(self, bureau, name, status):
        """
        The test event is answered, and so is what is about no referral; nothing follows.
        """
        answer = await webhook(bureau).take({}, event(EventName=name, ResourceUri="x"))

        assert (200, {"status": status}, None) == (answer.status, answer.body, answer.message)
        assert "application/json" == answer.mimetype

    @pytest.mark.parametrize(
        ("error", "status", "detail"),
        [
            pytest.param(Unsigned("signature_wrong"), 401, "signature_wrong", id="unsigned"),
            pytest.param(
                Unreachable("a certificate: 503"), 503, "a certificate: 503", id="unproven"
            ),
        ],
    )
    @pytest.mark.parametrize("body", [event(), event(EventName="test-created"), b"x", b""])
    async def test_unsigned(self, bureau, error, status, detail, body):
        """
        What is not proven is refused whatever it is, and kept nowhere.
        """
        answer = await webhook(bureau, error).take({}, body)

        assert (status, detail, None) == (answer.status, answer.body["detail"], answer.message)
        assert "application/problem+json" == answer.mimetype

    async def test_too_large(self, bureau):
        """
        What is far larger than an event is refused unread.
        """
        answer = await webhook(bureau, AssertionError()).take({}, b"x" * (intake.LARGEST + 1))

        assert (413, None) == (answer.status, answer.message)

    @pytest.mark.parametrize(
        ("body", "reason"), [(b"x", "not_json"), (b"[]", "not_an_object"), (b"", "not_json")]
    )
    async def test_unreadable(self, bureau, body, reason):
        """
        What is no event is refused.
        """
        answer = await webhook(bureau).take({}, body)

        assert (400, reason, None) == (answer.status, answer.body["detail"], answer.message)

    @pytest.mark.parametrize("name", ["referral-created", "test-created"])
    async def test_section_missing(self, bureau, name):
        """
        Where nobody can fetch a referral, the answer says what is missing, and it is sent again.
        """
        bureau.partner = None

        answer = await webhook(bureau).take({}, event(EventName=name))

        assert (503, "ConfigurationError", None) == (
            answer.status,
            answer.body["title"],
            answer.message,
        )
        assert answer.body["detail"].startswith("partner_center: expected")

    async def test_file_wrong(self, bureau):
        """
        Under a file with a slip of the pen events are taken, and wait until it is mended.
        """

        def wrong() -> Any:
            raise ConfigurationError("wrong")

        answer = await Webhook(Signed(), wrong, bureau.clock).take({}, event())

        assert 202 == answer.status


class TestClassify:
    @pytest.mark.parametrize(("changes", "kind"), NO_LEADS.values(), ids=NO_LEADS)
    async def test_no_lead(self, bureau, changes, kind):
        """
        What is no marketplace lead is kept by its kind, and goes nowhere.
        """
        assert await bureau.tell(referral(**changes)) is None

        row = bureau.row()
        assert (kind, "", "", "") == (row["kind"], row["touch"], row["lead"], row["note"])

    async def test_row(self, bureau):
        """
        A row holds ids, codes, times and a sum, and nobody's name.
        """
        await bureau.tell(referral(**NO_LEADS["seller-qualified"][0]))

        assert {
            "referral": REFERRAL,
            "kind": "qualified_lead",
            "note": "",
            "status": "New",
            "substatus": "Pending",
            "qualification": "SalesQualified",
            "type": "Independent",
            "direction": "Incoming",
            "engagement": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "deal_value": "1000.50",
            "currency": "EUR",
            "created": "2026-11-22T11:58:00.123Z",
            "changed": "2026-11-22T11:59:00.000Z",
            "expires": "2026-12-06T11:58:00.000Z",
            "etag": '"7200f91a-0000-0000-0000-5f9bd6ee0000"',
            "touch": "",
            "lead": "",
            "updated": "2026-11-22T12:00:00.000Z",
        } == bureau.row()

    @given(
        st.dictionaries(
            st.sampled_from([*referral(), "inviteContext", "target"]),
            st.one_of(
                st.none(),
                st.integers(),
                st.floats(),
                st.text(max_size=80),
                st.lists(st.none()),
                st.dictionaries(
                    st.sampled_from(["team", "dealValue", "currency", "notes", "requirements"]),
                    st.one_of(st.none(), st.floats(), st.integers(), st.text(), st.just({})),
                ),
            ),
        )
    )
    async def test_anything(self, changes):
        """
        Whatever a referral holds, it is kept in a row that fits, without a text of anybody's.
        """
        bureau = Bureau()

        await bureau.tell(referral(**changes))

        row = bureau.row()
        check_fits([Change("insert", REFERRAL, row)])
        assert all(isinstance(value, str) and len(value) <= 100 for value in row.values())
        assert all(value.isascii() for value in row.values())

    @pytest.mark.parametrize(
        ("value", "told"),
        [
            (0, "0.00"),
            (12, "12.00"),
            (-1.005, "-1.00"),
            (10**15, ""),
            (float("inf"), ""),
            (float("nan"), ""),
            (True, ""),
            ("1000", ""),
            (None, ""),
        ],
    )
    async def test_deal_value(self, bureau, value, told):
        """
        A deal's value is kept if it is a sum.
        """
        await bureau.tell(referral(details={"dealValue": value}))

        assert told == bureau.row()["deal_value"]

    async def test_marketplace_lead(self, bureau):
        """
        A marketplace lead is queued as a touch of its own listing and time, told by a referral.
        """
        touch = await bureau.tell(referral())

        assert touch is not None
        told = json.loads(touch)["touch"]
        assert ("contoso.invoice-robot", "2026-11-22T11:58:00.123Z", "referral") == (
            told["listing"],
            told["received"],
            told["via"],
        )
        [lead] = bureau.table.values("lead")
        assert ("marketplace_lead", told["id"], lead["lead"]) == tuple(
            bureau.row()[name] for name in ("kind", "touch", "lead")
        )

    @pytest.mark.parametrize(
        ("changes", "note"),
        [
            pytest.param({"name": "Another"}, "listing_unknown", id="listing"),
            pytest.param({"customerProfile": {}}, "contact_unknown", id="contact"),
            pytest.param({"externalReferenceId": f"{'0' * 32}-{'0' * 16}"}, "ours", id="ours"),
        ],
    )
    async def test_no_touch(self, bureau, changes, note):
        """
        A marketplace lead that belongs to nobody's listing is kept with why, and goes nowhere.
        """
        assert await bureau.tell(referral(**changes)) is None

        assert ("marketplace_lead", note) == (bureau.row()["kind"], bureau.row()["note"])
        assert {} == bureau.table.rows

    async def test_logged(self, bureau, caplog):
        """
        One line tells the kind, and nobody's name.
        """
        caplog.set_level("DEBUG")

        bureau.partner.referrals[REFERRAL] = referral()
        await bureau.referrals.classify(queued())

        [line] = caplog.records
        assert ("referral.classified", "marketplace_lead") == (line.getMessage(), line.kind)
        assert "fabrikam" not in str(line.__dict__).lower()

    async def test_trace(self, bureau):
        """
        The touch goes on with the trace in which the referral was fetched.
        """
        bureau.partner.referrals[REFERRAL] = referral()

        touch = await bureau.referrals.classify(queued(), TRACE)

        assert TRACE == open_envelope(touch).trace


class TestFetching:
    @pytest.mark.parametrize("error", [Unreachable("a referral: 503"), StorageError("s")], ids=repr)
    async def test_fails(self, bureau, error):
        """
        Where the referral cannot be had the message comes back, and nothing is kept.
        """
        bureau.partner.error = error

        with pytest.raises(type(error)):
            await bureau.referrals.classify(queued())

        assert {} == bureau.shelved.rows

    async def test_told_why(self, bureau, caplog):
        """
        Operators are told why.
        """
        bureau.partner.error = Unreachable("a referral: sign_in_failed")

        with pytest.raises(Unreachable):
            await bureau.referrals.classify(queued())

        [line] = caplog.records
        assert ("referral.unreachable", REFERRAL, "a referral: sign_in_failed") == (
            line.getMessage(),
            line.referral,
            line.reason,
        )

    async def test_not_there_yet(self, bureau):
        """
        A referral that is not there soon after its event may come.
        """
        bureau.now = NOW + SETTLED - timedelta(seconds=1)

        with pytest.raises(Unreachable):
            await bureau.referrals.classify(queued())

    async def test_gone(self, bureau):
        """
        A referral that is not there for long is gone; what was known of it stays.
        """
        await bureau.tell(referral(**NO_LEADS["co-sell-shared"][0]))
        del bureau.partner.referrals[REFERRAL]
        bureau.now = NOW + SETTLED

        assert await bureau.referrals.classify(queued()) is None

        assert ("gone", "co_sell", "New") == tuple(
            bureau.row()[name] for name in ("note", "kind", "status")
        )

    async def test_gone_unseen(self, bureau):
        """
        One that nobody ever saw is noted all the same.
        """
        bureau.now = NOW + SETTLED

        await bureau.referrals.classify(queued())

        assert ("gone", "unknown") == (bureau.row()["note"], bureau.row()["kind"])

    async def test_section_missing(self, bureau):
        """
        Where nobody can fetch, messages wait.
        """
        bureau.partner = None

        with pytest.raises(ConfigurationError):
            await bureau.referrals.classify(queued())

    @pytest.mark.parametrize(
        "strange",
        [
            b"",
            b"x",
            b"[]",
            b"{}",
            b'{"v":1}',
            b'{"v":1,"referral":7}',
            b'{"v":[],"referral":{}}',
            queued().replace(b'"v": 1', b'"v": 2'),
            queued("../x"),
            queued(REFERRAL.upper()),
            queued().replace(b"2026", b"soon"),
            message(post()),
        ],
    )
    async def test_no_message_of_ours(self, bureau, strange):
        """
        A message that names no referral is noted, and is not tried for ever.
        """
        assert await bureau.referrals.classify(strange) is None
        assert await bureau.shelf.give_up(strange) is None

        [(values, _)] = bureau.shelved.rows.values()
        assert "not_an_envelope" == values["note"]

    async def test_given_up(self, bureau):
        """
        A referral that could not be had for long is noted, goes on being tried, and recovers.
        """
        assert queued() == await bureau.shelf.give_up(queued())
        assert ("unfetched", "unknown") == (bureau.row()["note"], bureau.row()["kind"])

        await bureau.tell(referral(**NO_LEADS["co-sell-shared"][0]))

        assert ("", "co_sell") == (bureau.row()["note"], bureau.row()["kind"])


class TestUpdates:
    async def test_newer(self, bureau):
        """
        An update replaces what was known, in the same row.
        """
        told = NO_LEADS["seller-qualified"][0]
        await bureau.tell(referral(**told))
        await bureau.tell(referral(**told, status="Active", updatedDateTime="2026-11-22T12:30:00Z"))

        assert 1 == len(bureau.shelved.rows)
        assert "Active" == bureau.row()["status"]

    async def test_older(self, bureau):
        """
        What was fetched before and is written after changes nothing.
        """
        told = NO_LEADS["seller-qualified"][0]
        await bureau.tell(referral(**told, status="Active", updatedDateTime="2026-11-22T12:30:00Z"))
        await bureau.tell(referral(**told))

        assert "Active" == bureau.row()["status"]

    async def test_race(self, bureau, monkeypatch):
        """
        Of two that write at once neither is lost.
        """
        told = NO_LEADS["seller-qualified"][0]
        read, first = MemoryTable.get, [True]

        async def get(self: MemoryTable, partition: str, key: str) -> Any:
            row = await read(self, partition, key)
            if first and first.pop():
                newer = referral(**told, status="Active", updatedDateTime="2026-11-22T12:30:00Z")
                await bureau.tell(newer)
                bureau.partner.referrals[REFERRAL] = referral(**told)
            return row

        monkeypatch.setattr(MemoryTable, "get", get)
        await bureau.tell(referral(**told))

        assert "Active" == bureau.row()["status"]

    async def test_endless_race(self, bureau, monkeypatch):
        """
        Where a row keeps changing the message comes back.
        """
        calls = []

        async def write(self: MemoryTable, partition: str, changes: Any) -> Any:
            calls.append((self, partition, changes))
            raise Conflict("changed")

        monkeypatch.setattr(MemoryTable, "write", write)

        with pytest.raises(StorageError):
            await bureau.tell(referral())

        assert TRIES == len(calls)


class TestList:
    async def test_pages(self, bureau):
        """
        Pages follow each other through all referrals, each there once.
        """
        keys = [f"{number:08d}" for number in range(5)]
        for key in keys:
            await bureau.tell(referral(**NO_LEADS["co-sell-shared"][0]), key)
        told, after = [], ""
        while True:
            page = await bureau.shelf.page({}, 2, after)
            told += [one["referral"] for one in page["referrals"]]
            after = page.get("next", "")
            if not after:
                break

        assert keys == told

    async def test_where(self, bureau):
        """
        They can be asked for by kind and status.
        """
        await bureau.tell(referral(**NO_LEADS["co-sell-shared"][0]), "a")
        await bureau.tell(referral(**NO_LEADS["seller-qualified"][0]), "b")
        await bureau.tell(referral(**NO_LEADS["seller-qualified"][0], status="Closed"), "c")

        page = await bureau.shelf.page({"kind": "qualified_lead", "status": "New"}, 10, "")

        assert ["b"] == [one["referral"] for one in page["referrals"]]
        assert "next" not in page

    @pytest.mark.parametrize("token", ["!", "x", "YQ", "4pyT", "fg=="])
    async def test_token(self, bureau, token):
        """
        A token that no page gave is named.
        """
        with pytest.raises(BadRequest):
            await bureau.shelf.page({}, 10, token)


class TestNoPath:
    """Nothing leads from a referral to a lead but a marketplace lead's touch."""

    @given(
        st.lists(
            st.tuples(
                st.sampled_from([*NO_LEADS]),
                st.dictionaries(
                    st.sampled_from(
                        ["name", "consent", "details", "target", "callToAction", "referralSource"]
                    ),
                    st.sampled_from(
                        ["Contoso Invoice Robot", "PLT", {"consentToContact": True}, [{"id": "x"}]]
                    ),
                ),
            ),
            min_size=1,
            max_size=5,
        )
    )
    async def test_nothing_lands(self, stories):
        """
        Whatever else a referral says, if it is no marketplace lead no touch is queued and not one
        byte of the leads changes, though it names a lead's own contact and listing.
        """
        bureau = Bureau()
        await bureau.take(1, Email="sample.buyer@fabrikam.example")
        before = json.dumps(bureau.table.values("lead"), sort_keys=True), dict(bureau.table.rows)

        for number, (name, changes) in enumerate(stories):
            told = referral(**changes | NO_LEADS[name][0])
            assert await bureau.tell(told, f"{number:08d}") is None
            if "callToAction" not in NO_LEADS[name][0]:
                assert Kind.MARKETPLACE_LEAD != bureau.row(f"{number:08d}")["kind"]

        assert before == (
            json.dumps(bureau.table.values("lead"), sort_keys=True),
            bureau.table.rows,
        )
        assert {} == bureau.lanes.rows

    async def test_not_counted(self, bureau):
        """
        No list of leads and no count in health has a referral that is no lead.
        """
        await bureau.take(1)
        before = (
            await bureau.management.leads({}, None, 10, ""),
            await bureau.health.tell(["crm", "sellers"]),
        )

        for number, (changes, _) in enumerate(NO_LEADS.values()):
            await bureau.tell(referral(**changes), f"{number:08d}")

        assert before == (
            await bureau.management.leads({}, None, 10, ""),
            await bureau.health.tell(["crm", "sellers"]),
        )
        assert len(NO_LEADS) == len((await bureau.shelf.page({}, 100, ""))["referrals"])


class TestJoins:
    """A marketplace lead that a referral tells of and its POST are one."""

    @pytest.mark.parametrize("apart", [0, 60, -60, 6 * 24 * 60])
    async def test_after_the_post(self, bureau, apart):
        """
        After its POST it is counted as one more source: no new version, nothing to deliver.
        """
        await bureau.take(1, Email="sample.buyer@fabrikam.example")
        await bureau.finish("crm")
        await bureau.finish("sellers")
        [before] = bureau.table.values("lead")
        acted = NOW + minutes(apart)
        bureau.now = NOW + timedelta(days=8)

        await bureau.tell(referral(createdDateTime=acted.isoformat()))

        [lead] = bureau.table.values("lead")
        assert (1, 1, 1) == (lead["version"], lead["touches"], lead["duplicates"])
        assert (before["record"], before["digest"]) == (lead["record"], lead["digest"])
        assert [] == bureau.table.values("due")
        assert {"delivered"} == {one["state"] for one in bureau.table.values("delivery")}
        assert [] == laws(bureau)

    async def test_before_the_post(self, bureau):
        """
        Before its POST it is the lead until the POST comes; then the POST is.
        """
        await bureau.tell(referral())
        await bureau.take(1, Email="sample.buyer@fabrikam.example")
        other = Bureau()
        await other.take(1, Email="sample.buyer@fabrikam.example")
        await other.tell(referral())

        [lead], [same] = bureau.table.values("lead"), other.table.values("lead")
        told = ("lead", "digest", "stage", "score", "touches", "duplicates", "intent")
        assert [same[name] for name in told] == [lead[name] for name in told]
        assert [] == laws(bureau)
        assert [] == laws(other)

    async def test_lost_post(self, bureau):
        """
        Where the POST was lost it is a lead of its own right, owed to its destinations.
        """
        await bureau.tell(referral())

        [lead] = bureau.table.values("lead")
        assert ("normal", 1, 0) == (lead["lane"], lead["touches"], lead["duplicates"])
        assert {"crm", "sellers"} == {one["destination"] for one in bureau.table.values("due")}

    async def test_updates(self, bureau):
        """
        However often it is told and changed, it is one touch.
        """
        await bureau.tell(referral())
        for number, status in enumerate(["Active", "Closed"]):
            changed = referral(
                status=status,
                details={"notes": f"changed {number}"},
                updatedDateTime=f"2026-11-23T1{number}:00:00Z",
            )
            await bureau.tell(changed)

        assert 1 == len(bureau.table.values("touch"))
        assert 1 == bureau.table.values("lead")[0]["version"]
        assert "Closed" == bureau.row()["status"]
        assert [] == laws(bureau)

    async def test_another_contact(self, bureau):
        """
        An update that names another contact is another touch, and no touch is in two rows.
        """
        await bureau.tell(referral())
        person = {"team": [{"email": "other@fabrikam.example"}]}
        await bureau.tell(referral(customerProfile=person))

        touches = [json.loads(one["data"])["id"] for one in bureau.table.values("touch")]
        assert 2 == len(set(touches)) == len(touches)
        assert [] == laws(bureau)

    async def test_no_consent(self, bureau):
        """
        Whose POST was lost and who does not consent is followed up nowhere.
        """
        await bureau.tell(referral(consent={"consentToContact": False}))

        [lead] = bureau.table.values("lead")
        assert "no_contact" == lead["lane"]
        assert [] == bureau.table.values("due")

    async def test_from_quarantine(self, bureau):
        """
        One that went to quarantine is still told by a referral when it is classified again.
        """
        await bureau.take(1, Email="sample.buyer@fabrikam.example")
        bureau.partner.referrals[REFERRAL] = referral()
        touch = await bureau.referrals.classify(queued())
        assert touch is not None
        await bureau.quarantine.keep(touch, NOW, "crashed")

        await bureau.replayer.reclassify(everything(), bureau.classifier, dry_run=False, by="test")

        assert [(1, 1)] == [
            (one["touches"], one["duplicates"]) for one in bureau.table.values("lead")
        ]
        assert [] == bureau.table.values("quarantine")


def laws(bureau: Bureau) -> list[str]:
    """What is wrong with a bureau's rows."""
    rows = [(part, key, values) for (part, key), (values, _) in bureau.table.rows.items()]
    return violations(rows, settled=True)


def everything() -> Any:
    """A window that holds everything."""
    return SimpleNamespace(destination="", reason="", since=None, until=None, holds=lambda *_: True)
