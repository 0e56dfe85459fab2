"""The worklist: what people are to do in Partner Center is told, done once, and recorded."""

from __future__ import annotations

import csv
import io
import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Rejected
from leadshare.errors import BadRequest, Conflict, StorageError
from leadshare.lifecycle.outcome import Outcome, State
from leadshare.operators.spreadsheet import cell
from leadshare.operators.worklist import COLUMNS, to_csv
from leadshare.store.table import Change
from tests.builders import IDENTITY, NOW, Office, minutes, touch
from tests.laws.checker import violations

PAGE = "leads-page"
KIT: dict[str, Any] = {
    "LeadSource": "AzureMarketplace-INS|contoso.kit",
    "OfferTitle": "Contoso Kit",
}


@pytest.fixture(name="office")
def _office() -> Office:
    return Office({"name": PAGE, "channel": "marketplace"}, {"name": "crm"})


async def listed(office: Office, count: int, **changes: Any) -> list[str]:
    """Put so many leads on the worklist, a minute after each other; return their ids."""
    for number in range(1, count + 1):
        await office.take(number, **KIT, **changes)
        await office.finish(PAGE, Rejected("worklist"))
    return [lead_of(number) for number in range(1, count + 1)]


def lead_of(number: int) -> str:
    """The id of the lead of customer *number*."""
    return touch(Email=f"person-{number}@fabrikam.example", **KIT).lead


def lawful(office: Office) -> bool:
    """Whether all rows agree."""
    rows = [(*place, values) for place, (values, _) in office.table.rows.items()]
    return not violations(rows, identity=IDENTITY)


def states(office: Office) -> list[str]:
    """The states of all deliveries to the Leads page."""
    deliveries = office.table.values("delivery")
    return [one["state"] for one in deliveries if one["destination"] == PAGE]


class TestPage:
    async def test_what_is_told(self, office):
        """An entry tells what finds the lead in Partner Center, and nothing of the person."""
        [lead] = await listed(office, 1)

        page = await office.worklist.page("", 9, "", persons=True)

        [told] = page["worklist"]
        assert {
            "lead": lead,
            "destination": PAGE,
            "company": "Fabrikam GmbH",
            "listing_title": "Contoso Kit",
            "listing": "contoso.kit",
            "storefront": "azure_marketplace",
            "intent": "acquisition",
            "stage": "sales_ready",
            "score": told["score"],
            "received": "2026-11-22T12:01:00.000Z",
            "waiting_since": "2026-11-22T12:01:00.000Z",
            "set_to": "Accepted",
            "days_left": 14,
        } == told
        assert "next" not in page
        for canary in ("Sample", "Buyer", "person-1", "fabrikam.example", "30123456"):
            assert canary not in json.dumps(page)

    async def test_days_left(self, office):
        """The 14 days are counted down to none, from what the customer did last."""
        await listed(office, 1)
        left = []
        for hours in (0, 1, 24, 14 * 24 - 1, 14 * 24, 900):
            office.now = NOW + minutes(1) + timedelta(hours=hours)
            page = await office.worklist.page("", 9, "")
            left += [one["days_left"] for one in page["worklist"]]

        assert [14, 13, 13, 0, 0, 0] == left

    @pytest.mark.parametrize(("state", "status"), [("won", "Won"), ("lost", "Lost")])
    async def test_what_to_set(self, office, state, status):
        """A lead that is won or lost is on the list again, with what to set, and never expires."""
        [lead] = await listed(office, 1)
        await office.worklist.done(PAGE, [lead], "zoe")
        office.now += minutes(5)
        await office.recorder.record([Outcome(lead, "people", office.now, State(state))])
        await office.finish(PAGE, Rejected("worklist"))

        [told] = (await office.worklist.page("", 9, ""))["worklist"]
        assert (status, "", state) == (told["set_to"], told["days_left"], told["stage"])

    async def test_won_before_accepted(self, office):
        """One that nobody has accepted by then still has its days."""
        [lead] = await listed(office, 1)
        office.now += minutes(5)
        await office.recorder.record([Outcome(lead, "people", office.now, State.WON)])
        await office.finish(PAGE, Rejected("worklist"))

        [told] = (await office.worklist.page("", 9, ""))["worklist"]
        assert ("Won", 13) == (told["set_to"], told["days_left"])

    async def test_only_the_worklist(self, office):
        """What is parked for another reason, or not parked, is not on it."""
        await listed(office, 1)
        await office.take(2, **KIT)
        await office.finish(PAGE, Rejected("closed_in_crm"))
        await office.take(3, **KIT)
        await office.take(4, **KIT)
        await office.finish(PAGE, Accepted("r-1"))

        page = await office.worklist.page("", 9, "")

        assert [lead_of(1)] == [one["lead"] for one in page["worklist"]]

    async def test_pages(self, office):
        """Pages go from who waits longest to who waits shortest, each lead once."""
        leads = await listed(office, 5)

        first = await office.worklist.page(PAGE, 3, "")
        second = await office.worklist.page(PAGE, 3, first["next"])

        told = [one["lead"] for page in (first, second) for one in page["worklist"]]
        assert leads == told
        assert "next" not in second

    async def test_destination(self, office):
        """A destination narrows it."""
        await listed(office, 1)

        assert [] == (await office.worklist.page("crm", 9, ""))["worklist"]

    async def test_wrong_token(self, office):
        """A token that no page gave is refused."""
        with pytest.raises(BadRequest):
            await office.worklist.page("", 9, "canary!")


def cells(told: dict[str, Any]) -> list[list[str]]:
    """The cells of a page as CSV, read as a spreadsheet reads them."""
    return list(csv.reader(io.StringIO(to_csv(told).text)))


class TestCsv:
    async def test_table(self, office):
        """There is a line of names, and one for each lead."""
        [lead] = await listed(office, 1, Company='Fabrikam, "the" GmbH')

        [names, row] = cells(await office.worklist.page("", 9, "", persons=True))

        assert [*COLUMNS] == names
        assert [lead, PAGE, 'Fabrikam, "the" GmbH'] == row[:3]

    async def test_next(self, office):
        """The token of the next page comes with it."""
        await listed(office, 2)
        page = await office.worklist.page("", 1, "")

        assert page["next"] == to_csv(page).next
        assert not to_csv({"worklist": []}).next

    @pytest.mark.parametrize("company", ["=HYPERLINK(1)", "x;=1+1;y", "\uff1d1"])
    def test_formula(self, company):
        """What a spreadsheet would carry out gets an apostrophe, in every cell."""
        entry = {**dict.fromkeys(COLUMNS, company), "score": 75}

        [_, row] = cells({"worklist": [entry]})

        assert {cell(company), "75"} == {*row}
        assert company != cell(company)


class TestDone:
    async def test_done(self, office):
        """What is done is delivered, off the list, and the laws hold."""
        leads = await listed(office, 3)
        office.now = NOW + minutes(60)

        answer = await office.worklist.done(PAGE, leads[:2], "zoe@contoso.example")

        assert {"destination": PAGE, "done": leads[:2], "others": {}} == answer
        assert ["delivered", "delivered", "parked"] == sorted(states(office))
        assert [leads[2]] == [
            one["lead"] for one in (await office.worklist.page("", 9, ""))["worklist"]
        ]
        assert lawful(office)

    async def test_twice(self, office):
        """What is done stays done: the same again answers the same and changes nothing."""
        leads = await listed(office, 1)
        first = await office.worklist.done(PAGE, leads, "zoe")
        before = dict(office.table.rows)

        assert first == await office.worklist.done(PAGE, [*leads, *leads], "max")
        assert before == office.table.rows

    async def test_others(self, office):
        """What is not on the list is left as it is, and told."""
        await office.take(1, **KIT)
        await office.take(2, **KIT)
        await office.finish(PAGE, Rejected("closed_in_crm"))
        await office.take(3, **KIT)
        stranger = f"{'f' * 32}-{'0' * 16}"
        before = dict(office.table.rows)

        answer = await office.worklist.done(PAGE, [lead_of(1), lead_of(3), stranger], "zoe")

        assert {lead_of(1): "parked", lead_of(3): "due", stranger: "unknown"} == answer["others"]
        assert [] == answer["done"]
        assert before == office.table.rows

    async def test_acted_again(self, office):
        """A customer who acts again after it was done is on the list again."""
        leads = await listed(office, 1)
        await office.worklist.done(PAGE, leads, "zoe")
        office.now = NOW + minutes(60)
        again = {"Email": "person-1@fabrikam.example", "Company": "Fabrikam AG"}
        await office.take(50, **{**KIT, **again})

        assert "due" in states(office)
        await office.finish(PAGE, Rejected("worklist"))
        assert 1 == len((await office.worklist.page("", 9, ""))["worklist"])
        assert lawful(office)

    async def test_index_gone(self, office):
        """A row that goes while it is looked at is told as changed."""
        [lead] = await listed(office, 1)
        [(place, key)] = [at for at in office.table.rows if at[1].startswith("parked|")]
        await office.table.write(place, [Change("delete", key)])

        answer = await office.worklist.done(PAGE, [lead], "zoe")

        assert {lead: "changed_meanwhile"} == answer["others"]

    async def test_raced(self, office, monkeypatch):
        """Who is slower learns that something has changed; who cannot write, raises."""
        [lead] = await listed(office, 1)
        errors: list[Exception] = [Conflict("changed"), StorageError("down")]

        async def fail(*_: Any) -> Any:
            raise errors.pop(0)

        monkeypatch.setattr(office.table, "write", fail)

        answer = await office.worklist.done(PAGE, [lead], "zoe")
        assert {lead: "changed_meanwhile"} == answer["others"]
        with pytest.raises(StorageError):
            await office.worklist.done(PAGE, [lead], "zoe")

    async def test_told(self, office, caplog):
        """The log counts, and names nobody."""
        caplog.set_level(logging.INFO)
        leads = await listed(office, 1)
        caplog.clear()

        await office.worklist.done(PAGE, leads, "zoe@contoso.example")

        [line] = caplog.records
        assert ("worklist.done", 1, 0) == (line.getMessage(), line.done, line.others)
        assert "zoe" not in str(line.__dict__)
        assert "zoe" not in json.dumps(await office.lists.lead(leads[0]))
