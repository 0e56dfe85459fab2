"""Find: a lead is found by whatever a person knows of it, and nobody hears what that was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted
from leadshare.errors import ConfigurationError, Forbidden
from leadshare.identity import Identity
from leadshare.operators import find
from leadshare.operators.find import MOST, Finder
from leadshare.operators.models.orders import Find
from leadshare.operators.requests import OperatorRequests
from leadshare.store.keys import CHAIN
from tests.builders import PERSON, PRIVACY_KEY, Office
from tests.operators.requests import Configured, body, wrong

RECORD = "00Q5e000001AbCdEAF"


def records_in(link: str) -> dict[str, str]:
    """What destinations read in a link: both have a record of that id."""
    return {"crm": RECORD} if link.endswith(RECORD) else {}


@pytest.fixture(name="office")
async def _office() -> Office:
    """An office with two leads of one customer, of which the CRM has records, and one more."""
    office = Office()
    await office.take(1, Email=PERSON["Email"], Company="Fabrikam Toys GmbH")
    await office.finish("crm", Accepted(RECORD))
    await office.finish("sellers", Accepted(RECORD))
    await office.take(2, Email=PERSON["Email"], LeadSource="SPZA-PLT|contoso.vm-suite")
    await office.take(3, Phone="+1 425 555 0100", Company="Tailspin Toys GmbH")
    return office


@pytest.fixture(name="requests")
def _requests(office: Office) -> OperatorRequests:
    configured = Configured(office.classifier, {"crm": None}, office.unrouted)
    configured.records_in = records_in
    return office.requests(lambda: configured)


def leads(office: Office) -> list[str]:
    """The leads, in the order in which they came."""
    rows = sorted(office.table.values("lead"), key=lambda row: str(row["first_touch"]))
    return [row["lead"] for row in rows]


async def found(requests: OperatorRequests, **known: Any) -> list[str]:
    """The leads that are found."""
    return [one["lead"] for one in (await requests.find({}, body(**known)))["leads"]]


def acts(office: Office) -> list[dict[str, Any]]:
    """What was recorded, oldest first."""
    rows = [values for (place, _), (values, _) in office.state.rows.items() if place == CHAIN]
    return sorted(rows, key=lambda row: "of" in row)


class TestKnown:
    @pytest.mark.parametrize(
        "email", [PERSON["Email"], f" {PERSON['Email'].upper()} ", f"Buyer <{PERSON['Email']}>"]
    )
    async def test_email(self, office, requests, email):
        """By an e-mail address, however it is typed, all leads of its customer."""
        first, second, _ = leads(office)

        assert sorted((first, second)) == await found(requests, email=email)

    @pytest.mark.parametrize("phone", ["(425) 555-0100", "+14255550100", "001 425 5550100 ext 3"])
    async def test_phone(self, office, requests, phone):
        """By a number, however it is dialled."""
        assert leads(office)[2:] == await found(requests, phone=phone)

    @pytest.mark.parametrize(
        ("company", "expected"),
        [
            ("tailspin", [2]),
            ("TOYS", [0, 2]),
            ("fabrikam, gmbh", [0, 1]),
            ("Toys Fabrikam", [0]),
            ("fabrikam tailspin", []),
            ("contoso", []),
        ],
    )
    async def test_company(self, office, requests, company, expected):
        """By any words of a company, in any order, all of which must stand in its name."""
        there = leads(office)

        assert sorted(there[n] for n in expected) == await found(requests, company=company)

    @pytest.mark.parametrize("record", [RECORD, RECORD.lower(), f" {{{RECORD}}} "])
    async def test_record(self, office, requests, record):
        """By a CRM's own id."""
        assert leads(office)[:1] == await found(requests, record=record)

    async def test_link(self, office, requests):
        """By a link to its record, at the destination whose link it is."""
        link = f"https://contoso.lightning.force.com/lightning/r/Lead/{RECORD}"

        assert leads(office)[:1] == await found(requests, link=link)

    async def test_link_elsewhere(self, requests, monkeypatch):
        """The same id at another destination is another record."""
        monkeypatch.setattr(requests.configured(), "records_in", lambda _: {"third": RECORD})

        assert [] == await found(requests, link="https://x.example/")

    async def test_later(self, office, requests):
        """What a customer tells later is found as well, and what was told before still is."""
        await office.take(4, Email="person-3@fabrikam.example", Phone="+49 30 9876543")

        for phone in ("030 9876543", "425 555 0100"):
            assert leads(office)[2:] == await found(requests, phone=phone)


class TestMany:
    async def test_most(self, office, requests):
        """Of many leads some are told, and that there are more."""
        for number in range(10, 10 + MOST):
            await office.take(number, Company="Fabrikam Toys GmbH")

        answer = await requests.find({}, body(company="fabrikam"))

        assert (MOST, True) == (len(answer["leads"]), answer["more"])

    async def test_usual_word(self, office, requests, monkeypatch):
        """Where the longest word is so usual that not all rows of it are read, others are."""
        monkeypatch.setattr(find, "READ", 2)
        for number in range(10, 60):
            await office.take(number, Company=f"Of {number} International")

        answer = await requests.find({}, body(company="international 35"))

        [lead] = [
            row["lead"]
            for row in office.table.values("lead")
            if "35 International" in row["record"]
        ]
        assert {"leads": [{"lead": lead}], "more": False} == answer


class TestToldNobody:
    @pytest.mark.parametrize(
        "known",
        [
            {"email": PERSON["Email"]},
            {"phone": "(425) 555-0100"},
            {"company": "Fabrikam"},
            {"record": RECORD},
            {"link": f"https://contoso.example/{RECORD}"},
        ],
        ids=lambda known: next(iter(known)),
    )
    async def test_act(self, office, requests, known):
        """It is recorded by the kind of what is known and the leads told, never the text."""
        told = await found(requests, **known)

        begun, ended = acts(office)
        assert ("find", "zoe") == (begun["what"], begun["by"])
        assert {"kind": next(iter(known)), "persons": False} == json.loads(begun["asked"])
        assert {"leads": told, "more": False} == json.loads(ended["came_to"])
        assert begun["act"] == ended["of"]
        recorded = json.dumps(acts(office)).lower()
        assert [] == [text for text in known.values() if text.lower() in recorded]

    async def test_ids_alone(self, requests):
        """Answers hold ids, unless persons are asked for."""
        answer = await requests.find({}, body(email=PERSON["Email"]), PRIVACY_KEY)

        assert [{"lead"}, {"lead"}] == [one.keys() for one in answer["leads"]]

    async def test_persons(self, office, requests):
        """With the second key it tells who they are; the act does not."""
        query = {"persons": "true"}
        answer = await requests.find(query, body(company="tailspin"), PRIVACY_KEY)

        [lead] = answer["leads"]
        assert leads(office)[2] == lead["lead"]
        assert "Tailspin Toys GmbH" == lead["record"]["company"]
        assert "contoso.invoice-robot" == lead["listing"]
        recorded = json.dumps(acts(office))
        assert "Tailspin" not in recorded
        assert '\\"persons\\":true' in recorded

    @pytest.mark.parametrize("key", ["", "a host key"])
    async def test_without_the_key(self, office, requests, key):
        """Without it nobody is looked for, and nothing recorded."""
        with pytest.raises(Forbidden):
            await requests.find({"persons": "true"}, body(company="tailspin"), key)

        assert [] == acts(office)


class TestWrong:
    @pytest.mark.parametrize(
        ("known", "expected"),
        [
            ({}, "link: expected one of email, phone, company, record and link"),
            ({"email": ""}, "link: expected one of email"),
            ({"email": "a@b.example", "phone": "123456"}, "link: expected one of email"),
            ({"email": "canary"}, "email: expected an e-mail address"),
            ({"phone": "canary 12345"}, "phone: expected a number of six digits"),
            ({"company": "--"}, "company: expected a word of a company's name"),
            ({"company": "canary" * 200}, "company: expected a text of at most 1024 characters"),
            ({"company": ["canary"]}, "company: expected a text of at most 1024 characters"),
            ({"link": "https://canary.example/"}, "link: expected a link to a record"),
            ({"text": "x"}, "text: no such key; known: by, email, phone, company, record, link"),
            ({"mail": "canary@canary.example"}, 'mail: no such key; did you mean "email"'),
        ],
        ids=str,
    )
    async def test_refused(self, office, requests, known, expected):
        """What is not understood is refused before anything is looked for or recorded."""
        assert expected in await wrong(requests.find({}, body(**known)))
        assert [] == acts(office)

    async def test_nobody_asks(self, requests):
        """Who asks must be said."""
        order = json.dumps({"email": PERSON["Email"]}).encode()

        assert "by: expected who asks" in await wrong(requests.find({}, order))

    async def test_in_the_url(self, requests):
        """What is known is in no URL."""
        asked = requests.find({"email": "canary@canary.example"}, body(company="x"))

        assert "email: no such key" in await wrong(asked)

    async def test_another_key(self, office):
        """Under another identity key nothing would be found, and so nothing is looked for."""
        other = Finder(office.table, office.state, Identity(b"another key"))
        asked = Find(by="zoe", email=PERSON["Email"])
        await Finder(office.table, office.state, office.classifier.identity).find(asked, {})

        with pytest.raises(ConfigurationError, match="LEADSHARE_IDENTITY_KEY"):
            await other.find(asked, {})
