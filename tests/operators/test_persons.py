"""Persons: shown to whom they may be shown, and to nobody else; nor is what strangers wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadshare.deliveries.delivery import Rejected
from leadshare.errors import BadRequest, Forbidden
from leadshare.operators.persons import Privacy, action_shown, listing_shown
from leadshare.operators.requests import OperatorRequests
from tests.builders import PERSON, PRIVACY_KEY, Office
from tests.operators.requests import Configured

WORDS: dict[str, Any] = {
    "LeadSource": "SPZA-Ring me at once|Call Zoe Sample, please",
    "ActionCode": "Ring me at once",
    "OfferTitle": "Zoe's own title",
    "Description": "I am Zoe",
}
SAID = ("Zoe", "zoe", "Ring", "ring me", *PERSON.values())


@pytest.fixture(name="office")
async def _office() -> Office:
    """An office with one lead, of a customer who wrote words wherever there is room for them."""
    office = Office()
    await office.take(1, Email=PERSON["Email"], **WORDS)
    await office.finish("crm", Rejected("worklist", said="Zoe is no address"))
    return office


@pytest.fixture(name="requests")
def _requests(office: Office) -> OperatorRequests:
    configured = Configured(office.classifier, {"crm": None}, office.unrouted)
    return office.requests(lambda: configured)


async def answers(requests: OperatorRequests, key: str = "", **query: str) -> list[str]:
    """All answers that could tell of the lead."""
    leads: Any = await requests.list_leads(query, key)
    [lead] = [one["lead"] for one in leads["leads"]]
    story = await requests.get_lead(lead, query, key, "zoe")
    work = await requests.list_work(query, key)
    table: Any = await requests.list_work({**query, "format": "csv"}, key)
    more = [
        await requests.list_deliveries({**query, "state": state}, key)
        for state in ("due", "parked")
    ]
    return [json.dumps(one, ensure_ascii=False) for one in (leads, story, work, *more)] + [
        table.text
    ]


class TestShown:
    async def test_unless_asked(self, requests):
        """Answers hold ids, codes and times, and nothing that a stranger wrote."""
        told = " ".join(await answers(requests))

        assert [] == [words for words in SAID if words in told]
        assert '"listing": "other"' in told

    async def test_key_alone(self, requests):
        """The key alone shows nobody: they must be asked for."""
        told = " ".join(await answers(requests, PRIVACY_KEY))

        assert [] == [words for words in SAID if words in told]

    async def test_asked(self, requests):
        """Who asks with the key is shown the lead as it goes out, and what each touch told."""
        leads, story, work, due, parked, table = await answers(
            requests, PRIVACY_KEY, persons="true"
        )

        assert [] == [one for one in PERSON.values() if one not in story and one != "4930123456"]
        assert "I am Zoe" in story
        assert "Zoe is no address" in story
        assert "Zoe is no address" in parked
        assert '"said": ""' in due
        for told in (leads, work, table):
            assert "Zoe's own title" in told
        for told in (work, table):
            assert PERSON["Company"] in told
            assert PERSON["Email"] not in told

    @pytest.mark.parametrize(
        "key", ["", "wrong", PRIVACY_KEY[:-1], f"{PRIVACY_KEY} ", "\ud800", "a host key" * 9]
    )
    async def test_without_the_key(self, requests, key):
        """Without the key nobody is shown, whatever else is known."""
        for ask in (
            requests.list_leads({"persons": "true"}, key),
            requests.get_lead("0" * 32 + "-" + "0" * 16, {"persons": "true"}, key),
            requests.list_work({"persons": "true"}, key),
            requests.list_deliveries({"persons": "true"}, key),
        ):
            with pytest.raises(Forbidden, match="x-leadshare-privacy-key"):
                await ask

    @pytest.mark.parametrize("value", ["", "false", "1"])
    async def test_wrong(self, requests, value):
        """Anything but true is refused."""
        with pytest.raises(BadRequest, match="persons: expected true"):
            await requests.list_leads({"persons": value}, PRIVACY_KEY)

    @pytest.mark.parametrize("key", ["", "x" * 31])
    def test_not_set(self, key):
        """Where there is no key that is long enough nobody is shown, not even with that."""
        with pytest.raises(Forbidden, match="LEADSHARE_PRIVACY_KEY"):
            Privacy(key).shows(key, asked=True)

        assert key not in repr(Privacy(key)) or not key


@pytest.mark.parametrize(
    ("listing", "told"),
    [
        ("contoso.invoice-robot", "contoso.invoice-robot"),
        ("Contoso.Robot", "Contoso.Robot"),
        ("", ""),
        ("zoe@x.example", "other"),
        ("call 030 123", "other"),
        ("4930.123456", "other"),
    ],
)
def test_listing(listing: str, told: str) -> None:
    """A listing is told by its id."""
    assert told == listing_shown(listing)


@pytest.mark.parametrize(("action", "told"), [("INS", "INS"), ("", ""), ("call me", "other")])
def test_action(action: str, told: str) -> None:
    """An action is told by its code."""
    assert told == action_shown(action)
