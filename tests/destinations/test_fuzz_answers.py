"""Fuzz: whatever a vendor answers, each delivery has an outcome, by a code that quotes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.destinations.base import Destination
from leadshare.destinations.preflight.inspect import inspect
from leadshare.destinations.settings import CrmSettings
from tests.builders import NOW
from tests.destinations.contract import (
    CODE,
    account,
    check_codes,
    forgetting,
    person,
    reads_back,
    stepping,
)
from tests.destinations.simulators.base import CALLING
from tests.fuzzing import often

CANARY: Final = "Canary <c@fabrikam.example>"

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.sampled_from([CANARY, "", "0", "\ud800", "x" * 3000, "SUCCESS", "created"])
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "error",
                    "status",
                    "result",
                    "success",
                    "errors",
                    "code",
                    "message",
                    "data",
                    "",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
STATUS = st.sampled_from(
    [200, 200, 200, 201, 202, 204, 207, 301, 400, 401, 403, 404, 409, 410, 412, 413, 429, 500, 503]
)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "content-type", "location", "x-ratelimit-reset"]),
    st.sampled_from(
        [
            "",
            "-1",
            "9" * 30,
            "soon",
            "nan",
            "1e309",
            "text/html",
            "multipart/mixed; boundary=",
            "application/json",
        ]
    ),
)

Spoil = Callable[[httpx.Response], httpx.Response]


def places(value: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """All places in a JSON value."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [here, *(place for part, one in inner for place in places(one, (*here, part)))]


def put(value: Any, place: tuple[str | int, ...], other: Any) -> Any:
    """The JSON value with another at this place."""
    if not place:
        return other
    copy = value.copy()
    copy[place[0]] = put(value[place[0]], place[1:], other)
    return copy


def elsewhere(where: int, other: Any) -> Spoil:
    """A right answer with another value at one of its places, if it is JSON."""

    def spoil(right: httpx.Response) -> httpx.Response:
        try:
            value = json.loads(right.content)
        except ValueError:
            return right
        every = places(value)
        text = json.dumps(put(value, every[where % len(every)], other))
        return httpx.Response(right.status_code, content=text.encode(), headers=plain(right))

    return spoil


def cut(share: float) -> Spoil:
    """A right answer of which the end is missing."""
    return lambda right: httpx.Response(
        right.status_code,
        content=right.content[: int(len(right.content) * share)],
        headers=plain(right),
    )


def plain(right: httpx.Response) -> dict[str, str]:
    """The headers of an answer, without its length."""
    return {name: text for name, text in right.headers.items() if name != "content-length"}


WRONG = st.builds(
    lambda status, body, headers: httpx.Response(status, content=body, headers=headers),
    STATUS,
    ANY_JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40),
    HEADERS,
)
SPOILS = (
    st.just(lambda right: right)
    | st.builds(elsewhere, st.integers(0, 60), ANY_JSON)
    | st.builds(cut, st.floats(0, 1))
    | WRONG.map(
        lambda wrong: (
            lambda _: httpx.Response(wrong.status_code, content=wrong.content, headers=plain(wrong))
        )
    )
)


async def check(kind: str, spoil: Callable[[], Spoil]) -> None:
    """Deliver, read back, preflight and do what is beside, while each answer is spoilt."""
    simulator = account(kind)
    right = simulator.handle
    with patch.object(simulator, "handle", lambda request: spoil()(right(request))):
        there = simulator.destination()
    many = [person(number) for number in range(min(there.batch_size, 2))]
    for ask in (there.deliver, *([there.look_up] if reads_back(there) else [])):
        reply = await ask(many, NOW)
        assert len(many) == len(reply.outcomes)
        check_codes(reply)
    for found in await inspect(there, many, NOW):
        assert CODE.fullmatch(found.problem)
        assert CANARY not in f"{found.field}{found.value}"


async def check_beside(kind: str, spoil: Callable[[], Spoil]) -> None:
    """Carry out steps, join a campaign and forget persons, while each answer is spoilt."""
    simulator = account(kind)
    right, many = simulator.handle, [person(1)]
    plainly = simulator.destination()
    await plainly.deliver(many, NOW)
    steps = [stepping(simulator, many[0], verb) for verb in sorted(plainly.verbs)]
    with patch.object(simulator, "handle", lambda request: spoil()(right(request))):
        ways = [{"erase": how} for how in sorted(plainly.erasures)]
        crm = isinstance(plainly.settings, CrmSettings)
        wrong = [simulator.destination(**way) for way in (ways if crm else [{}])]
    for there in wrong:
        there.campaigns = {"autumn-webinar": "71"} if there.settings.has_campaigns else {}
        for ask, what in ((there.carry_out, steps), (there.forget, [forgetting(many[0])])):
            if what and (ask == there.carry_out or can_erase(there)):
                size = there.batch_size
                parts = [what[first : first + size] for first in range(0, len(what), size)]
                for part in parts:
                    reply = await ask(part, NOW)
                    assert len(part) == len(reply.outcomes)
                    check_codes(reply)
    await wrong[0].deliver([replace(many[0], version=2, attempts=1)], NOW)


def can_erase(there: Destination[Any]) -> bool:
    """Whether persons can be taken out there."""
    return type(there).take_out is not Destination.take_out


@pytest.mark.parametrize("kind", CALLING)
class TestAnyAnswer:
    @often(0.5)
    @given(data=st.data())
    async def test_answer(self, kind, data):
        """Delivering and reading back come to one outcome each, and a preflight to findings."""
        await check(kind, lambda: data.draw(SPOILS))

    @often(0.05)
    @given(data=st.data())
    async def test_beside(self, kind, data):
        """So do steps, campaigns and erasures."""
        await check_beside(kind, lambda: data.draw(SPOILS))

    @pytest.mark.parametrize("body", ["[]", "[[]]", "{}", "null", "[null, {}]", "0", '"x"', ""])
    async def test_same(self, kind, body):
        """So they do where everything is answered alike."""
        answer = {"content": body.encode(), "headers": {"content-type": "application/json"}}

        await check(kind, lambda: lambda _: httpx.Response(200, **answer))
        await check_beside(kind, lambda: lambda _: httpx.Response(200, **answer))


class TestKnownTraps:
    @pytest.mark.parametrize(
        ("kind", "place"),
        [pytest.param("odoo", 3, id="name"), pytest.param("marketo", 53, id="length")],
    )
    async def test_list(self, kind, place):
        """A list where a right answer has something that is compared or looked up."""
        await check(kind, lambda: elsewhere(place, []))
