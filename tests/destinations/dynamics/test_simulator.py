"""The simulator of Dataverse is as strict as what it stands for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from leadshare.destinations.dynamics.batch import Operation, encode
from tests.builders import NOW
from tests.destinations.contract import person
from tests.destinations.dataverse import Dataverse
from tests.destinations.dynamics.builders import GUID, URL
from tests.destinations.dynamics.schemas import KINDS, parts, wrong_headers
from tests.destinations.schemas import misfits
from tests.destinations.sellers import Customer
from tests.destinations.simulators.dynamics import Account


class TestAnswers:
    async def test_parts(self):
        """Every part of a batch's answer has the headers and the shape that Microsoft publishes."""
        simulator = Account()
        crm: Any = simulator.destination()
        customer = Customer(crm)
        await customer.arrives()
        simulator.edit(customer.one, {"telephone1": None})
        await customer.comes_back("Please.", phone="+4930123457")
        simulator.put_before(person(2), {"lastname": "Buyer"})
        await crm.deliver([person(2), person(3)], NOW)
        simulator.refused.add(person(4).record["email"])
        await crm.deliver([person(4)], NOW)
        await crm.look_up([person(9)], NOW)
        simulator.service.throttle_after = simulator.service.calls
        await crm.deliver([person(5)], NOW)

        told = [*parts(simulator.exchanges)]

        assert [] == misfits(told, KINDS)
        assert [] == wrong_headers(told)
        asked = {(r.method, r.url.path[15:20], a.status_code) for r, a in told}
        patches = {("leads", 204), ("leads", 400), ("leads", 412), ("annot", 204)}
        assert {("PATCH", *one) for one in patches} <= asked
        assert {200, 404, 429} <= {status for *_, status in asked}

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(204, headers={"OData-EntityId": f"{URL}/api/data/v9.2/leads(7)"}),
            httpx.Response(204, headers={"OData-Version": "4.0"}),
            httpx.Response(429),
        ],
        ids=["version", "id", "wait"],
    )
    def test_headers(self, answer):
        """What lacks a header is found."""
        request = httpx.Request("PATCH", f"{URL}/api/data/v9.2/leads(7)")

        assert 1 == len(wrong_headers([(request, answer)]))

    @pytest.mark.parametrize(
        "change",
        [
            (b"batchresponse", b"answer"),
            (b"Content-Transfer-Encoding: binary\r\n", b""),
            (b"HTTP/1.1 204 No Content", b"204"),
            (b"--\r\n", b""),
        ],
        ids=["boundary", "part", "status", "end"],
    )
    async def test_odd_batch(self, change):
        """A batch's answer that is put together otherwise is found."""
        simulator = Account()
        await simulator.destination().deliver([person(1)], NOW)
        [(request, answer)] = [one for one in simulator.exchanges if b"PATCH" in one[0].content]
        kind = answer.headers["content-type"].encode().replace(*change).decode()
        odd = httpx.Response(200, headers={**answer.headers, "content-type": kind})
        odd = httpx.Response(200, headers=odd.headers, content=answer.content.replace(*change))

        with pytest.raises(AssertionError):
            [*parts([(request, odd)])]


class TestSimulator:
    """The simulator is as strict as what it stands for."""

    async def test_single_requests(self, dataverse):
        """A row is created, updated and read by single requests too."""
        async with client_of(dataverse) as client:
            path = f"/api/data/v9.2/leads({GUID})"
            statuses = [
                (await client.patch(path, json={"lastname": "Buyer"})).status_code,
                (await client.patch(path, json={"lastname": "Oka"})).status_code,
                (await client.patch(path, json={}, headers={"If-None-Match": "*"})).status_code,
                (await client.patch(path, json={}, headers={"If-Match": 'W/"1"'})).status_code,
                (await client.get(f"{path}?$select=statecode")).status_code,
                (await client.delete(path)).status_code,
            ]

        assert [204, 204, 412, 412, 200, 405] == statuses
        assert "Oka" == dataverse.leads[GUID]["lastname"]

    @pytest.mark.parametrize(
        ("columns", "code"),
        [
            ({"subject": "x" * 301}, "0x80044331"),
            ({"subject": 1}, "0x80048d19"),
            ({"ls_leadkey": "x"}, "0x80048d19"),
            ({"leadqualitycode": 4}, "0x8004431a"),
            ({"lastname": "\x00"}, "0x80040278"),
            ({"donotphone": "yes"}, "0x80048d19"),
        ],
    )
    async def test_columns(self, dataverse, columns, code):
        """What a column cannot hold is refused with the service's code."""
        async with client_of(dataverse) as client:
            answer = await client.patch(f"/api/data/v9.2/leads({GUID})", json=columns)

        assert (400, code) == (answer.status_code, answer.json()["error"]["code"])

    @pytest.mark.parametrize(
        ("condition", "status"),
        [
            ("NotEqualUserId(PropertyName='modifiedby')", 200),
            ("NotEqualUserId(PropertyName='_modifiedby_value')", 400),
            ("NotEqualUserId(PropertyName='ownedby')", 400),
            ("NotEqualUser(PropertyName='modifiedby')", 400),
            ("NotEqualUserId(modifiedby)", 400),
        ],
    )
    @pytest.mark.parametrize("sign", ["", "not "])
    async def test_function(self, dataverse, condition, status, sign):
        """A query function takes a column by its own name, and is never negated."""
        where = f"{sign}Microsoft.Dynamics.CRM.{condition} and statecode eq 0"
        async with client_of(dataverse) as client:
            answer = await client.get(f"/api/data/v9.2/leads?$select=leadid&$filter={where}")

        assert (400 if sign else status) == answer.status_code

    async def test_line_endings(self, dataverse):
        """A batch whose lines do not end in CRLF is refused."""
        content = encode([Operation("GET", f"/api/data/v9.2/leads({GUID})", {"A": "b"})], "b")
        headers = {"content-type": "multipart/mixed; boundary=b"}
        async with client_of(dataverse) as client:
            good, bad = [
                await client.post("/api/data/v9.2/$batch", content=text, headers=headers)
                for text in (content, content.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\n"))
            ]

        assert (404, 400) == (good.status_code, bad.status_code)

    async def test_token(self, dataverse):
        """Who brings no good token is told where to get one."""
        dataverse.tokens = set()
        async with client_of(dataverse) as client:
            answer = await client.get("/api/data/v9.2/leads")

        assert 401 == answer.status_code
        assert answer.headers["www-authenticate"].startswith("Bearer authorization_uri=")


def client_of(dataverse: Dataverse) -> httpx.AsyncClient:
    """A plain client of *dataverse*."""
    return httpx.AsyncClient(
        transport=httpx.MockTransport(dataverse.handle),
        base_url=URL,
        headers={"authorization": "Bearer token"},
    )
