"""Fuzz: no body makes intake fail, and none that it accepts is lost in classify."""

from __future__ import annotations

import json
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.intake import LARGEST, functions
from leadshare.store.table import Change
from tests.builders import CONTEXT, PERSON, Office, post
from tests.fuzzing import often
from tests.laws.checker import violations
from tests.limits import check_fits
from tests.memory import MemoryTable

T = TypeVar("T")

DESTINATIONS: list[dict[str, Any]] = [
    {"name": "crm", "accepts": ["test", "internal", "blank", "no_contact"]},
    {"name": "sellers", "channel": "field_seller"},
    {"name": "portal", "channel": "marketplace"},
]
LISTING = {"id": "contoso.invoice-robot", "title": "Contoso Invoice Robot", "kind": "app"}
KEPT = ("first_name", "last_name", "email", "phone", "country", "company", "job_title", "notes")


class LimitedTable(MemoryTable):
    """A table that refuses what Table Storage would refuse."""

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        """Check, then write."""
        check_fits(changes)
        return await super().write(partition, changes)


class Out:
    """The queue, as the function sees it."""

    value: bytes | None = None

    def set(self, value: bytes) -> None:
        """Keep a message."""
        self.value = value


async def send(body: bytes, path: str = "") -> tuple[int, dict[str, Any], bytes | None]:
    """POST a body: status, answer, and what was queued."""
    out = Out()
    route = {"listing": path} if path else {}
    asked = func.HttpRequest(method="POST", url="/", route_params=route, body=body)
    answer = await functions.take_touch(asked, out, CONTEXT)
    return answer.status_code, json.loads(answer.get_body()), out.value


async def travel(body: bytes, path: str = "") -> str:
    """Send a body all the way into the table; check that nothing is lost, and tell its end."""
    status, told, queued = await send(body, path)
    if queued is None:
        assert status == (413 if body else 400)
        return "refused"
    assert status == 202
    office = Office(*DESTINATIONS, listing=[LISTING], internal_domains=["fabrikam.example"])
    office.table = LimitedTable()

    await office.classifier.classify(queued, office.now)

    touches, kept = office.table.values("touch"), office.table.values("quarantine")
    if told["status"] == "accepted":
        assert [body] == [one["raw"] for one in office.table.values("raw")]
        assert [] == kept
        check_records(office)
    else:
        assert [] == touches
        assert [(told["reason"], queued)] == [(one["reason"], one["message"]) for one in kept]
    rows = [(*place, values) for place, (values, _) in office.table.rows.items()]
    assert [] == violations(rows, {"crm": DESTINATIONS[0]["accepts"]}, settled=True)
    return str(told.get("reason") or told["status"])


def check_records(office: Office) -> None:
    """What goes out can be encoded, holds no control characters, and texts are texts."""
    for due in office.table.values("due"):
        record = json.loads(due["record"])
        for name in KEPT:
            assert isinstance(record[name], str)
            record[name].encode()
            assert not set(record[name]) & set(map(chr, {*range(32)} - {9, 10}))
        assert 0 <= record["score"] <= 100


FIELDS = [*PERSON, "LeadSource", "ActionCode", "OfferTitle", "Description"]
SPOKEN = [
    *("SPZA-PLT|contoso.invoice-robot", "AzurePortal-Create | a.b", "DNC", "INS", "|||", "-|-.-"),
    *("MSFT_TEST_1-MSFT_TEST_1|Contoso Test", "Campaigns: \n", "x@xn--a.de", "a@b", "@", "+"),
    *("+49 (0) 30;ext=1", "0" * 40, "UK", "\ud800", "\udfff\ud800", "\x00", "ΐ" * 1200, "=1+1"),
    *("' or 1 eq 1", "<script>", "🙂" * 700, "\u202e", "ÅÅ", "\ufeff", "%00", "漢" * 1100),
]
TEXTS = st.sampled_from(SPOKEN) | st.text(st.characters(codec=None), max_size=30)
VALUES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
LEADS = st.builds(
    lambda person, top, whole: {**top, "UserDetails": person} | whole,
    st.dictionaries(st.sampled_from([*PERSON, "email", "EMAIL", "fax"]), VALUES),
    st.dictionaries(st.sampled_from([*FIELDS, "leadsource", "CustomData", ""]), VALUES),
    st.just({}) | st.fixed_dictionaries({"UserDetails": VALUES}),
)
ENCODED = st.builds(
    lambda value, encoding, escaped: json.dumps(value, ensure_ascii=escaped).encode(
        encoding, "surrogatepass"
    ),
    LEADS | VALUES,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.booleans(),
)
SAMPLE = json.dumps(post()).encode()
BROKEN = st.builds(
    lambda start, length, put: SAMPLE[:start] + put + SAMPLE[start + length :],
    st.integers(0, len(SAMPLE)),
    st.integers(0, 20),
    st.binary(max_size=20) | st.sampled_from([b"[" * 30_000, b'{"a":' * 5000, b"9" * 30_000]),
)
PATHS = st.sampled_from(["", "", "contoso.invoice-robot", "x" * 7000]) | TEXTS


def nested(levels: int, opening: str = "[", closing: str = "]", inside: str = "") -> bytes:
    """A lead whose description nests so many levels deep, itself included."""
    deep = opening * (levels - 1) + inside + closing * (levels - 1)
    return f'{{"UserDetails":{{"Email":"a@b.example"}},"Description":{deep}}}'.encode()


class TestAnyBody:
    @often(3)
    @given(ENCODED | BROKEN, PATHS)
    async def test_json(self, body, path):
        """Any JSON, of any form, in any encoding, or broken, is taken and kept."""
        await travel(body, path)

    @pytest.mark.parametrize(
        "character", ["a", "ü", "漢", "🙂", '"', "\\", "\n", "\x00", "ΐ", "\ud800"]
    )
    @pytest.mark.parametrize("escaped", [True, False])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    async def test_full(self, character, escaped, encoding):
        """A lead that is filled up to the last bytes that fit is accepted and kept."""

        def filled(count: int) -> bytes:
            fields = dict.fromkeys(FIELDS, character * count)
            text = json.dumps(post(**fields), ensure_ascii=escaped)
            return text.encode(encoding, "surrogatepass")

        most = bisect_right(range(LARGEST), LARGEST, key=lambda count: len(filled(count))) - 1

        assert "accepted" == await travel(filled(most), "x" * 7000)


class TestKnownTraps:
    @pytest.mark.parametrize(
        ("body", "end"),
        [
            pytest.param(b"[" * 200_000, "refused", id="200000-brackets"),
            pytest.param(b"[" * LARGEST, "too_deep", id="as-many-brackets-as-fit"),
            pytest.param(b'{"a":' * (LARGEST // 5), "too_deep", id="as-many-objects-as-fit"),
            pytest.param(nested(100), "accepted", id="100-levels"),
            pytest.param(nested(101), "too_deep", id="101-levels"),
            pytest.param(nested(100, '{"a":', "}", "1"), "accepted", id="100-objects"),
            pytest.param(b'{"Phone":' + b"9" * 5000 + b"}", "accepted", id="5000-digits"),
            pytest.param(
                b'{"UserDetails":{"Phone":' + b"9" * 30_000 + b"}}", "accepted", id="30000-digits"
            ),
            pytest.param(b'{"LeadSource":1e999999}', "accepted", id="huge-exponent"),
            pytest.param(b'{"OfferTitle":NaN,"Description":-Infinity}', "accepted", id="nan"),
            pytest.param(b'{"Description":"\\ud800"}', "accepted", id="half-a-pair"),
            pytest.param(b'{"\\udfff":"\\udfff\\ud800"}', "accepted", id="half-pairs-as-key"),
            pytest.param(b'{"Description":"\xed\xa0\x80"}', "accepted", id="half-a-pair-in-utf-8"),
            pytest.param(b'{"Description":"\\u0000"}', "accepted", id="nul"),
            pytest.param(
                b'{"UserDetails":{},"UserDetails":{"Email":"a@b.example"},"userdetails":5}',
                "accepted",
                id="same-key-again",
            ),
            pytest.param(b'{"Title":"' + b"x" * 32_000 + b'"}', "accepted", id="huge-text"),
            pytest.param(b"{" + b'"a":1,' * 5000 + b'"b":2}', "accepted", id="many-keys"),
            pytest.param(b"{}", "accepted", id="nothing"),
            pytest.param(b"nul", "not_json", id="cut-off"),
            pytest.param(b"\xef\xbb\xbf" * 2 + b"{}", "not_json", id="two-boms"),
            pytest.param(b"null", "not_an_object", id="null"),
        ],
    )
    async def test_end(self, body, end):
        """Each trap ends where it should."""
        assert end == await travel(body)

    @pytest.mark.parametrize("levels", [*range(2, 100, 16), 99, 100, 101, *range(300, 1100, 50)])
    async def test_every_depth(self, levels):
        """At any depth a lead is either accepted and kept, or too deep and in quarantine."""
        assert ("accepted" if levels <= 100 else "too_deep") == await travel(nested(levels))


def deep_down(act: Callable[[], T], left: int) -> T:
    """Act where only so many calls are left on the stack."""
    used, frame = 0, sys._getframe()  # noqa: SLF001 - there is no other way to count them
    while frame.f_back is not None:
        used, frame = used + 1, frame.f_back

    def dig(levels: int) -> T:
        return act() if levels <= 0 else dig(levels - 1)

    return dig(sys.getrecursionlimit() - used - left)


def complete(journey: Any) -> Any:
    """Run a coroutine that waits for nothing but its turn, where we stand on the stack."""
    while True:
        try:
            journey.send(None)
        except StopIteration as stop:
            return stop.value


class TestDeepStack:
    @pytest.mark.parametrize("left", [250, 400])
    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(SAMPLE, id="sample"),
            pytest.param(nested(100), id="100-levels"),
            pytest.param(nested(100, '{"a":', "}", "1"), id="100-objects"),
            pytest.param(b'{"Email":"' + b"a.b@" * 1000 + b'"}', id="many-ats"),
        ],
    )
    def test_accepted_is_kept(self, body, left):
        """What intake accepts is kept even where the stack is nearly used up."""
        assert "accepted" == deep_down(lambda: complete(travel(body)), left)

    @pytest.mark.parametrize("left", range(60, 240, 12))
    def test_intake_never_fails(self, left):
        """Where there is no room to read a body, it is taken all the same."""
        status, told, queued = deep_down(lambda: complete(send(nested(100))), left)

        assert 202 == status
        assert told["status"] in ("accepted", "quarantined")
        assert queued is not None
