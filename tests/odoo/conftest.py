"""Fixtures of the tests against a real Odoo: the server, the destination, and a person at Odoo."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from leadshare.client.guard import guarded_client
from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.odoo.destination import Odoo
from leadshare.destinations.odoo.settings import OdooSettings
from tests.builders import delivery, record
from tests.destinations.odoo.schemas import KINDS
from tests.destinations.schemas import Exchange, misfits
from tests.odoo.server import Server, running


@pytest.fixture(scope="session", name="server")
def _server() -> Iterator[Server]:
    """A real Odoo that lives as long as the tests."""
    with running() as server:
        yield server


LOADS = ("/json/2/crm.lead/load", "/json/2/mail.message/load")


class Line:
    """The way from Odoo, on which answers may be lost once Odoo has given them."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        """What was asked and answered, whose shapes the simulator is held to."""
        self.loads = 0
        """Answers to `load` of leads and of messages that came."""
        self.swallows = 0
        """How many of them are lost next."""
        self.passes = 0
        """How many come before those that are lost."""

    async def __call__(self, answer: httpx.Response) -> None:
        """See an answer pass, which httpx calls a hook."""
        await answer.aread()
        self.exchanges.append((answer.request, answer))
        if answer.request.url.path not in LOADS:
            return
        self.loads += 1
        if self.passes:
            self.passes -= 1
        elif self.swallows:
            self.swallows -= 1
            raise httpx.RemoteProtocolError("server disconnected", request=answer.request)


@pytest.fixture(name="line")
def _line() -> Iterator[Line]:
    """A line over which all answers have the shapes that the simulator's have."""
    line = Line()
    yield line
    assert [] == misfits(line.exchanges, KINDS)


@pytest.fixture(name="connect")
async def _connect(server: Server, line: Line) -> AsyncIterator[Callable[..., Odoo]]:
    """Makes the destination, for the user who is named, over the client of production."""
    async with guarded_client(timeout=30, local=True, connections=8) as client:

        def connect(user: str = "leadshare", **changes: Any) -> Odoo:
            told = {"type": "odoo", "name": "odoo", "url": server.url, "api_key": "KEY", **changes}
            told.setdefault("database", server.database)
            key = server.keys.get(user, user)
            settings = OdooSettings.model_validate(told, context={"KEY": key})
            made = Odoo(settings, client)
            client.event_hooks = {**client.event_hooks, "response": [line]}
            return made

        yield connect


@pytest.fixture(name="odoo")
def _odoo(connect: Callable[..., Odoo]) -> Odoo:
    """The destination as the documentation has it set up."""
    return connect()


class Person:
    """Somebody who works with Odoo, as a sales administrator unless another is named."""

    def __init__(self, server: Server, user: str = "manager") -> None:
        self._client = httpx.Client(
            base_url=f"{server.url}/json/2/",
            headers={
                "authorization": f"bearer {server.keys[user]}",
                "x-odoo-database": server.database,
            },
        )

    def does(self, model: str, method: str, **arguments: Any) -> Any:
        """Call a method of a model; it must work."""
        answer = self._client.post(f"{model}/{method}", json=arguments)
        assert answer.is_success, answer.json()["message"]
        return answer.json()

    def sees(self, one: Delivery) -> list[dict[str, Any]]:
        """Return all leads of that address, archived ones too."""
        return self.does(  # type: ignore[no-any-return]  # a list, as fields are asked for
            "crm.lead",
            "search_read",
            domain=[["email_from", "=", one.record["email"]]],
            fields=[
                *("name", "contact_name", "partner_name", "function", "phone", "website"),
                *("description", "priority", "type", "user_id", "active", "won_status"),
                *("country_id", "campaign_id", "medium_id", "source_id", "tag_ids"),
            ],
            context={"active_test": False},
        )

    def reads(self, one: Delivery) -> list[dict[str, Any]]:
        """Return the notes in the chatter of a lead, the oldest first."""
        told = ("subject", "body", "date", "author_id", "res_id", "subtype_id")
        where = [["res_id", "=", int(one.record_id)], ["message_type", "=", "comment"]]
        return self.does(  # type: ignore[no-any-return]  # as above
            "mail.message",
            "search_read",
            domain=[["model", "=", "crm.lead"], *where],
            fields=told,
            order="id",
        )


@pytest.fixture(name="person")
def _person(server: Server) -> Person:
    return Person(server)


@pytest.fixture(name="customer")
def _customer() -> Callable[..., Delivery]:
    """Makes the first delivery of a lead that no test has seen."""

    def customer(**changes: Any) -> Delivery:
        lead = f"{uuid4().hex}-{uuid4().hex[:16]}"
        told = {"email": f"{lead[:12]}@fabrikam.example", **changes}
        return delivery(lead=lead, record=record(lead=lead, **told))

    return customer
