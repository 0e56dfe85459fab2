"""Rows of Microsoft's table: each is the POST that the marketplace would have made."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare import intake
from leadshare.errors import Unreadable
from leadshare.intake.message import TABLE, open_envelope
from leadshare.leads import touch as touches
from leadshare.leads.touch import Touch
from leadshare.marketplace_table.row import CUTS, LeadRow, TableTouch, touch_of
from tests.builders import IDENTITY, NOW, configuration, message, minutes, post
from tests.microsoft_table import columns

TEXTS = st.text(max_size=40)
ROBOT = {"id": "contoso.invoice-robot", "title": "Contoso Invoice Robot", "kind": "app"}


def told(partition: str = "p", key: str = "k", at: datetime = NOW, **values: object) -> TableTouch:
    """What a row tells of."""
    return touch_of(LeadRow(partition, key, at, values or columns()), IDENTITY)


def read(one: TableTouch) -> Touch:
    """The touch as classify reads it."""
    sent = intake.envelope(one.body, None, one.id, one.received, via=TABLE)
    return touches.read(open_envelope(sent), configuration(listing=[ROBOT]).catalogue, IDENTITY)


def posted(path: str = "", **changes: object) -> Touch:
    """The same by POST."""
    sent = message(post(**changes), listing=path)
    return touches.read(open_envelope(sent), configuration(listing=[ROBOT]).catalogue, IDENTITY)


class TestBody:
    @given(
        given=st.fixed_dictionaries(
            {
                "FirstName": TEXTS,
                "Email": st.sampled_from(["", "a@b.example", " A@b.Example", "x"]),
                "Phone": st.sampled_from(["", "4930123456", "+49 30 123456"]),
                "Company": TEXTS,
                "Country": st.sampled_from(["", "DE", "USA"]),
                "LeadSource": st.sampled_from(["AzureMarketplace", "SPZA-PLT|contoso.x", "x - y"]),
                "ActionCode": st.sampled_from(["", "PLT", "DNC", "INS"]),
                "OfferTitle": TEXTS,
                "Description": TEXTS,
            }
        )
    )
    def test_as_posted(self, given):
        """A row is read as the POST of the same lead: same lead, fingerprint and facts."""
        row, post_ = read(told(**columns(**given))), posted(**given)

        assert post_.fingerprint == row.fingerprint
        assert (post_.contact, post_.lead, post_.category) == (row.contact, row.lead, row.category)
        assert post_.facts == row.facts

    def test_columns_in_any_case(self):
        """Names of columns count in any case, and columns of others not at all."""
        values = {name.upper(): value for name, value in columns().items()} | {"Mine": 1}

        assert told(**columns()).body == told(**values).body

    def test_numbers(self):
        """A phone number that is a number in the column's JSON is read as its digits."""
        values = columns() | {"CustomerInfo": '{"Email": "a@b.example", "Phone": 4930123456}'}

        assert "+4930123456" == read(told(**values)).facts["phone"]

    @pytest.mark.parametrize("info", ["", " ", None])
    def test_nobody(self, info):
        """A row without a person, as of some domains, is a blank lead, not a broken one."""
        assert "blank" == read(told(**columns() | {"CustomerInfo": info})).category

    @pytest.mark.parametrize("info", ["{", "[]", '"x"', "Sample Buyer", "[" * 200])
    def test_unreadable(self, info):
        """A row whose person is no JSON object ends in quarantine, with all that it held."""
        one = told(**columns() | {"CustomerInfo": info})

        with pytest.raises(Unreadable, match="customer_info_unreadable"):
            read(one)
        assert info == json.loads(one.body)["UserDetails"]
        assert ["p", "k"] == json.loads(one.body)["Row"]


class TestCut:
    def test_description(self):
        """Of a row too large for a message all is read that would be read of it otherwise."""
        values = columns(Description="x" * 40_000)

        one = told(**values)

        assert one.cut
        assert len(one.body) <= intake.LARGEST
        assert "cut" in read(one).flags
        assert "sample.buyer@fabrikam.example" == read(one).facts["email"]

    @pytest.mark.parametrize("character", ["x", "\u20ac", "\x01", "\U0001f984", '"'])
    @pytest.mark.parametrize("broken", [True, False])
    def test_everything(self, character, broken):
        """Whatever a row holds fits a message."""
        long = character * 32_000
        values = dict.fromkeys(columns(), long)
        person = {f"{name}{n}": long for n in range(9) for name in ("Email", "EMAIL", "Phone")}
        if not broken:
            values["CustomerInfo"] = json.dumps({**person, "Email": long, "EMAIL": long})

        one = told("\u20ac" * 1024, "\u20ac" * 1024, **values)

        assert one.cut
        assert len(one.body) <= intake.LARGEST
        assert min(CUTS) <= len(json.loads(one.body)["Description"])

    def test_usual(self):
        """A usual row is whole."""
        assert not told().cut


class TestReceived:
    @pytest.mark.parametrize(
        ("created", "expected"),
        [
            ("2026-11-22T11:58:00Z", NOW - minutes(2)),
            ("2026-11-22T11:58:00.1234567Z", NOW - minutes(2) + timedelta(microseconds=123456)),
            ("2026-11-22T13:58:00+02:00", NOW - minutes(2)),
            ("2026-11-22 11:58:00", NOW - minutes(2)),
            (datetime(2026, 11, 22, 11, 58, tzinfo=UTC), NOW - minutes(2)),
            ("2019-05-01T00:00:00Z", datetime(2019, 5, 1, tzinfo=UTC)),
            ("2026-11-22T12:00:01Z", NOW),
            ("0001-01-01T00:00:00Z", NOW),
            ("11/22/2026 11:58:00 AM", NOW),
            ("yesterday", NOW),
            ("", NOW),
            (None, NOW),
            (7, NOW),
        ],
    )
    def test_created(self, created, expected):
        """CreatedTime says when the customer acted, where it can be that; else the Timestamp
        does.
        """
        assert expected == told(**columns() | {"CreatedTime": created}).received


class TestId:
    def test_again(self):
        """A row read again tells of the same touch, also once somebody marked it in a column."""
        again = told(at=NOW + minutes(5), **columns(), Processed=True)

        assert told().id == again.id

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(told(partition="P"), id="partition"),
            pytest.param(told(key="K"), id="key"),
            pytest.param(told(partition="pk", key=""), id="both"),
            pytest.param(told(**columns(Email="other@fabrikam.example")), id="person"),
        ],
    )
    def test_others(self, other):
        """Rows with other keys, or changed ones, tell of other touches."""
        assert told().id != other.id
