"""Rights: what operators order in a person's stead, and that nothing recorded names anybody."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.errors import BadRequest, Forbidden, Unknown
from leadshare.operators.requests import OperatorRequests
from tests.builders import PRIVACY_KEY
from tests.custody.erasures import Custodian
from tests.operators.requests import body

MAIL = "person-1@fabrikam.example"


@pytest.fixture(name="office")
async def _office() -> Custodian:
    """An office with a lead of two persons."""
    office = Custodian()
    await office.take(1, Description="Words of Sample.")
    await office.finish("crm")
    await office.take(2, Email=MAIL, FirstName="Jo", LastName="Otherly", Description="Other words.")
    return office


@pytest.fixture(name="requests")
def _requests(office: Custodian) -> OperatorRequests:
    configured: Any = SimpleNamespace(rights=office.rights)
    return office.requests(lambda: configured)


class TestErasing:
    async def test_ordered(self, requests):
        """A dry run's token is needed, and what is recorded names nobody."""
        rights = requests.rights
        asked = {"by": "zoe", "email": MAIL}
        counted = await rights.erase({"persons": "true"}, body(**asked), PRIVACY_KEY)
        with pytest.raises(BadRequest, match="token: expected the token that a dry run gave"):
            await rights.erase({}, body(**asked, dry_run=False))

        told = await rights.erase({}, body(**asked, dry_run=False, token=counted["token"]))

        assert 2 == len(counted["who"])
        assert not (await rights.show(told["order"], {}))["complete"]
        assert [told["order"]] == [
            one["order"] for one in (await rights.list_erasures({}))["erasures"]
        ]
        recorded = json.dumps((await requests.custody.list_acts({}))["acts"])
        assert told["order"] in recorded
        assert [] == [word for word in (MAIL, "Otherly", "Sample") if word in recorded]

    async def test_persons(self, requests):
        """Who else writes from there is told to nobody without the privacy key."""
        asked = body(by="zoe", email=MAIL)

        assert [] == (await requests.rights.erase({}, asked))["who"]
        with pytest.raises(Forbidden):
            await requests.rights.erase({"persons": "true"}, asked, "wrong")

    @pytest.mark.parametrize(
        "wrong",
        [{}, {"email": MAIL, "phone": "030 5550101"}, {"email": "nobody"}, {"phone": "12"}],
    )
    async def test_not_understood(self, requests, wrong):
        """One thing is told by which somebody is known, and no other."""
        with pytest.raises(BadRequest):
            await requests.rights.erase({}, body(by="zoe", **wrong))


class TestObjecting:
    async def test_taken_down(self, office, requests):
        """An objection is taken down and recorded."""
        told = await requests.rights.object(body(by="zoe", email=MAIL))

        assert 1 == told["leads"]
        assert {"people"} == {row["opted_out_by"] for row in office.table.values("contact")}


class TestExporting:
    async def test_of_one(self, requests):
        """A copy is of one person; who else writes from there is listed apart and left out."""
        first = await requests.rights.export({}, body(by="zoe", email=MAIL), PRIVACY_KEY)
        [sample] = [one for one in first["others"] if one["first_name"] == "Sample"]
        asked = body(by="zoe", email=MAIL, person=sample["number"])

        told = await requests.rights.export({}, asked, PRIVACY_KEY)

        assert {} == first["export"]
        assert ["Words of Sample."] == [one["words"] for one in told["export"]["touches"]]
        [lead] = told["export"]["leads"]
        assert ["accepted"] == [one["outcome"] for one in lead["attempts"]]
        assert [] == [
            word for word in ("Jo", "Otherly", "Other words") if word in str(told["export"])
        ]
        assert ["Otherly"] == [one["last_name"] for one in told["others"]]
        assert MAIL not in json.dumps((await requests.custody.list_acts({}))["acts"])

    async def test_refused(self, requests):
        """Nothing is told without the privacy key, of nobody, or of a person who is not there."""
        with pytest.raises(Forbidden):
            await requests.rights.export({}, body(by="zoe", email=MAIL))
        asked = body(by="zoe", email="nobody@fabrikam.example")
        with pytest.raises(Unknown):
            await requests.rights.export({}, asked, PRIVACY_KEY)
        with pytest.raises(Unknown, match="person: expected a number up to 2"):
            await requests.rights.export({}, body(by="zoe", email=MAIL, person=3), PRIVACY_KEY)
