"""One bad optional field keeps no lead from people: once more without it, and told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.destinations.crm import Crm
from leadshare.destinations.description import Description, FieldFacts
from leadshare.destinations.errors import Refused
from leadshare.destinations.settings import CrmSettings
from leadshare.destinations.writing.mapping import source
from tests.builders import LEAD, NOW, delivery, record


class Acme(Crm[CrmSettings]):
    """A system that refuses what it is told to, and keeps what it gets."""

    FIELDS = {  # noqa: RUF012 - a ClassVar of the base
        "Name": source("last_name", default="(not given)"),
        "Mail": source("email"),
        "Land": source("country"),
        "LandCode": source("country", transform="lower"),
        "Notes": source("notes"),
    }
    NOTES = "Notes"
    COMPOUNDS = (frozenset({"Address", "Land", "LandCode"}),)

    def __init__(self, *outcomes: Outcome, **reply: Any) -> None:
        settings = CrmSettings.model_validate({"name": "acme"})
        super().__init__(settings, httpx.AsyncClient())
        self.outcomes, self.reply = list(outcomes), reply
        self.sent: list[list[dict[str, Any]]] = []
        self.described = 0

    async def hand_over(self, deliveries: Any, now: datetime) -> Reply:  # noqa: ARG002
        self.sent.append([self.values(one) for one in deliveries])
        became = [self.outcomes.pop(0) if self.outcomes else Accepted("1") for _ in deliveries]
        return Reply(tuple(became), 200, **self.reply)

    async def describe(self, now: datetime) -> Description:  # noqa: ARG002
        self.described += 1
        if self.described > 1:
            raise Refused("down")
        return Description(
            {"Mail": FieldFacts(label="Elektronische Post"), "Land": FieldFacts(label="国名")}
        )


def refused(said: str = "", *fields: str) -> Rejected:
    """A record of which values are refused."""
    return Rejected("acme_NO", said, frozenset(fields))


def one() -> Delivery:
    """A lead with an address and a country."""
    told = record(
        email="buyer@fabrikam.example", country="DE", notes="Call me", last_name="Land Mail"
    )
    return delivery(record=told)


@pytest.mark.parametrize(
    ("refusal", "without"),
    [
        (refused("bad", "Mail"), {"Mail"}),
        (refused("bad", "mail"), {"Mail"}),
        (refused("The field Mail is wrong"), {"Mail"}),
        (refused("Elektronische Post: ungültiger Wert"), {"Mail"}),
        (refused("国名が無効です"), {"Land", "LandCode"}),
        (refused("bad", "LandCode"), {"Land", "LandCode"}),
        (refused("There is a problem with this Address"), {"Land", "LandCode"}),
    ],
    ids=["named", "case", "text", "label", "no-spaces", "compound", "compound-name"],
)
async def test_once_more(refusal, without):
    """The field is found by its name, in the text too; it goes to the notes, and is told."""
    acme = Acme(refusal)

    reply = await acme.deliver([one()], NOW)

    [outcome] = reply.outcomes
    assert Accepted("1", frozenset(without)) == outcome
    assert refusal.said == outcome.said
    [_, [written]] = acme.sent
    assert not without & written.keys()
    assert "Call me" == written["Notes"].splitlines()[-1]
    shown = "Email: buyer@fabrikam.example" if "Mail" in without else "Country: DE"
    assert written["Notes"].startswith(shown)


async def test_several_in_turn():
    """A system that names one at a time may refuse several."""
    acme = Acme(refused("", "Mail"), refused("", "Land"))

    [outcome] = (await acme.deliver([one()], NOW)).outcomes

    assert Accepted("1", frozenset({"Mail", "Land", "LandCode"})) == outcome


async def test_ends():
    """It ends, and what is refused all the same is parked."""
    acme = Acme(*(refused("Mail, Land") for _ in range(9)))

    [outcome] = (await acme.deliver([one()], NOW)).outcomes

    assert isinstance(outcome, Rejected)
    assert 2 == len(acme.sent)


@pytest.mark.parametrize(
    "refusal",
    [
        Rejected("duplicate_in_crm", "Mail"),
        refused("bad", "Other"),
        refused("We do not want them"),
        refused("Notes are wrong"),
        refused("We do not want Land Mail"),
        Deferred("acme_NO"),
    ],
    ids=["no-value", "not-ours", "nothing", "notes", "quoted", "deferred"],
)
async def test_stands(refusal):
    """A refusal that is about no optional value of ours stands as it is."""
    acme = Acme(refusal)

    reply = await acme.deliver([one()], NOW)

    assert (refusal,) == reply.outcomes
    assert 1 == len(acme.sent)


async def test_placeholder():
    """What the system demands keeps its placeholder, and the value goes to the notes."""
    acme = Acme(refused("", "Name"))

    await acme.deliver([one()], NOW)

    [_, [written]] = acme.sent
    assert "(not given)" == written["Name"]
    assert written["Notes"].startswith("Last name: Land Mail")


async def test_alone():
    """Only the records that were refused go again."""
    acme = Acme(Accepted("7"), refused("", "Mail"))
    other = delivery(lead=f"f{LEAD[1:]}")

    reply = await acme.deliver([one(), other], NOW)

    assert (Accepted("7"), Accepted("1", frozenset({"Mail"}))) == reply.outcomes
    assert [2, 1] == [len(calls) for calls in acme.sent]


async def test_at_rest():
    """Where the system wants no other call, what could go without the field waits for the next."""
    acme = Acme(refused("bad", "Mail"), hold=timedelta(seconds=9))

    reply = await acme.deliver([one()], NOW)

    assert (Deferred("acme_NO"),) == reply.outcomes
    assert 1 == len(acme.sent)


async def test_described_once():
    """Labels are asked for once, and a system that does not tell them is refused no less."""
    acme = Acme(refused("nothing of ours"), refused("nothing of ours"))

    await acme.deliver([one()], NOW)
    await acme.deliver([one()], NOW)

    assert 1 == acme.described
