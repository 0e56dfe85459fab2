"""Referrals are no leads: how they are taken and kept, and that no path leads to leads."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.errors import ConfigurationError, Conflict, StorageError, Unreachable
from leadshare.referrals.classify import SETTLED
from leadshare.store.retrying import TRIES
from leadshare.store.table import Change
from tests.builders import NOW, message, post
from tests.limits import check_fits
from tests.memory import MemoryTable
from tests.microsoft import REFERRAL
from tests.referrals.builders import REFERRALS, referral
from tests.referrals.bureau import Bureau, queued


@pytest.fixture(name="bureau")
def _bureau() -> Bureau:
    return Bureau()


class TestClassify:
    @pytest.mark.parametrize(("changes", "kind"), REFERRALS.values(), ids=REFERRALS)
    async def test_kinds(self, bureau, changes, kind):
        """Whatever a referral is, it is kept by its kind."""
        await bureau.tell(referral(**changes))

        assert (kind, "") == (bureau.row()["kind"], bureau.row()["note"])

    async def test_heard(self, bureau):
        """Whoever wants to hear of referrals hears of each as it is, and again if that failed."""
        told = referral(**REFERRALS["seller-qualified"][0])
        await bureau.tell(told)

        assert [told] == bureau.heard

    async def test_row(self, bureau):
        """A row holds ids, codes, times and a sum, and nobody's name."""
        await bureau.tell(referral(**REFERRALS["seller-qualified"][0]))

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
        """Whatever a referral holds, it is kept in a row that fits, without a text of anybody's."""
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
        """A deal's value is kept if it is a sum."""
        await bureau.tell(referral(details={"dealValue": value}))

        assert told == bureau.row()["deal_value"]

    @pytest.mark.parametrize(
        ("value", "told"),
        [
            ("2026-11-22T12:58:00+01:00", "2026-11-22T11:58:00.000Z"),
            ("2026-11-22T11:58:00", "2026-11-22T11:58:00.000Z"),
            ("0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00.000Z"),
            ("soon", ""),
            (20261122, ""),
            (None, ""),
        ],
    )
    async def test_times(self, bureau, value, told):
        """Times are read as Partner Center writes them, in UTC where they name no zone."""
        await bureau.tell(referral(createdDateTime=value))

        assert told == bureau.row()["created"]

    async def test_logged(self, bureau, caplog):
        """One line tells the kind, and nobody's name."""
        caplog.set_level("DEBUG")

        bureau.partner.referrals[REFERRAL] = referral()
        await bureau.referrals.classify(queued())

        [line] = caplog.records
        assert ("referral.classified", "marketplace_lead") == (line.getMessage(), line.kind)
        assert "fabrikam" not in str(line.__dict__).lower()


class TestFetching:
    @pytest.mark.parametrize("error", [Unreachable("a referral: 503"), StorageError("s")], ids=repr)
    async def test_fails(self, bureau, error):
        """Where the referral cannot be had the message comes back, and nothing is kept."""
        bureau.partner.error = error

        with pytest.raises(type(error)):
            await bureau.referrals.classify(queued())

        assert {} == bureau.referrals_table.rows

    async def test_told_why(self, bureau, caplog):
        """Operators are told why."""
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
        """A referral that is not there soon after its event may come."""
        bureau.now = NOW + SETTLED - timedelta(seconds=1)

        with pytest.raises(Unreachable):
            await bureau.referrals.classify(queued())

    async def test_gone(self, bureau):
        """A referral that is not there for long is gone; what was known of it stays."""
        await bureau.tell(referral(**REFERRALS["co-sell-shared"][0]))
        del bureau.partner.referrals[REFERRAL]
        bureau.now = NOW + SETTLED

        await bureau.referrals.classify(queued())

        assert ("gone", "co_sell", "New") == tuple(
            bureau.row()[name] for name in ("note", "kind", "status")
        )

    async def test_gone_unseen(self, bureau):
        """One that nobody ever saw is noted all the same."""
        bureau.now = NOW + SETTLED

        await bureau.referrals.classify(queued())

        assert ("gone", "unknown") == (bureau.row()["note"], bureau.row()["kind"])

    async def test_section_missing(self, bureau):
        """Where nobody can fetch, messages wait."""
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
        """A message that names no referral is noted, and is not tried for ever."""
        await bureau.referrals.classify(strange)
        assert await bureau.referral_store.mark_unfetched(strange) is None

        [(values, _)] = bureau.referrals_table.rows.values()
        assert "not_an_envelope" == values["note"]

    async def test_given_up(self, bureau):
        """A referral that could not be had for long is noted, goes on being tried, and recovers."""
        assert queued() == await bureau.referral_store.mark_unfetched(queued())
        assert ("unfetched", "unknown") == (bureau.row()["note"], bureau.row()["kind"])

        await bureau.tell(referral(**REFERRALS["co-sell-shared"][0]))

        assert ("", "co_sell") == (bureau.row()["note"], bureau.row()["kind"])


class TestUpdates:
    async def test_newer(self, bureau):
        """An update replaces what was known, in the same row."""
        told = REFERRALS["seller-qualified"][0]
        await bureau.tell(referral(**told))
        await bureau.tell(referral(**told, status="Active", updatedDateTime="2026-11-22T12:30:00Z"))

        assert 1 == len(bureau.referrals_table.rows)
        assert "Active" == bureau.row()["status"]

    async def test_older(self, bureau):
        """What was fetched before and is written after changes nothing."""
        told = REFERRALS["seller-qualified"][0]
        await bureau.tell(referral(**told, status="Active", updatedDateTime="2026-11-22T12:30:00Z"))
        await bureau.tell(referral(**told))

        assert "Active" == bureau.row()["status"]

    async def test_race(self, bureau, monkeypatch):
        """Of two that write at once neither is lost."""
        told = REFERRALS["seller-qualified"][0]
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
        """Where a row keeps changing the message comes back."""
        calls = []

        async def write(self: MemoryTable, partition: str, changes: Any) -> Any:
            calls.append((self, partition, changes))
            raise Conflict("changed")

        monkeypatch.setattr(MemoryTable, "write", write)

        with pytest.raises(StorageError):
            await bureau.tell(referral())

        assert TRIES == len(calls)


class TestNoPath:
    """Nothing leads from a referral to a lead."""

    @given(
        st.lists(
            st.tuples(
                st.sampled_from([*REFERRALS]),
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
        """Whatever a referral says, not one byte of the leads changes, though it names a lead's own
        contact and listing.
        """
        bureau = Bureau()
        await bureau.take(1, Email="sample.buyer@fabrikam.example")
        before = deepcopy(bureau.table.rows)

        for number, (name, changes) in enumerate(stories):
            await bureau.tell(referral(**changes | REFERRALS[name][0]), f"{number:08d}")

        assert before == bureau.table.rows
        assert {} == bureau.state.rows

    async def test_not_counted(self, bureau):
        """No list of leads and no count in health has a referral."""
        await bureau.take(1)
        before = (
            await bureau.lists.leads({}, None, 10, ""),
            await bureau.health.report(["crm", "sellers"]),
        )

        for number, (changes, _) in enumerate(REFERRALS.values()):
            await bureau.tell(referral(**changes), f"{number:08d}")

        assert before == (
            await bureau.lists.leads({}, None, 10, ""),
            await bureau.health.report(["crm", "sellers"]),
        )
        assert len(REFERRALS) == len((await bureau.referral_store.page({}, 100, ""))["referrals"])
