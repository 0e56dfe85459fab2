"""Who follows a lead up: states of a lead by its routes, its index row, and planning it again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadshare.configuration.models import MOST_DESTINATIONS, Configuration
from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Rejected
from leadshare.deliveries.ledger import Attempt
from leadshare.errors import Conflict
from leadshare.leads.follow_up import REROUTED, newly_unrouted, reroute
from leadshare.leads.held import Held
from leadshare.leads.planning.touches import plan
from leadshare.leads.routing import Routes
from leadshare.leads.touch import Touch
from leadshare.store.keys import without_attempts
from leadshare.store.table import Change, Row
from tests.builders import IDENTITY, NOW, configuration, later, minutes, touch
from tests.laws.checker import violations
from tests.limits import check_fits
from tests.memory import MemoryTable

NOBODY = configuration()
CRM = configuration({"name": "crm"})
BELL = {"name": "bell", "follows_up": False}
TOLD = configuration(BELL)
KEPT = configuration(route=[{"to": []}])
GERMAN = {"field": "country", "op": "eq", "value": "DE"}
PARTITION, LEAD = touch().contact[0], touch().lead


class Contact:
    """One contact's rows, which touches and configurations change."""

    def __init__(self) -> None:
        self.table = MemoryTable()

    async def held(self) -> Held:
        """All but attempts."""
        span = without_attempts(touch().contact)
        return Held.of(await self.table.read(PARTITION, *span, columns=REROUTED))

    async def take(self, one: Touch, told: Configuration[Any]) -> list[list[Change]]:
        """Change what a touch changes."""
        planned = plan(await self.held(), one, b"{}", Routes.of(told), told.scoring, one.received)
        return await self.write(planned)

    async def again(self, told: Configuration[Any], after: int = 60) -> list[list[Change]]:
        """Plan the lead again, so many minutes after noon."""
        return await self.write(
            reroute(await self.held(), LEAD, Routes.of(told), NOW + minutes(after))
        )

    async def write(self, planned: list[list[Change]]) -> list[list[Change]]:
        """Change what is planned."""
        for changes in planned:
            check_fits(changes)
            await self.table.write(PARTITION, changes)
        return planned

    async def finish(self, outcome: Accepted | Rejected, *, look_up: bool = False) -> None:
        """End an attempt at all that is due, an hour after noon."""
        at = NOW + minutes(60)
        for row in await self.table.read(PARTITION, "due|", "due|~"):
            ended = Attempt(ledger.to_delivery(row), outcome, at, 200)
            changes = ledger.finish(row, ended, SCHEDULE, at, 0.0, look_up=look_up)
            found = ledger.with_record(changes, ended.delivery, IDENTITY.index_name)
            await self.table.write(PARTITION, found)

    @property
    def routing(self) -> str:
        """What the lead and its row in the list say."""
        [lead], [seen] = self.table.values("lead"), self.table.values("seen")
        assert lead["routing"] == seen["routing"]
        return str(lead["routing"])

    @property
    def index(self) -> list[str]:
        """The keys of the rows of leads that nobody follows up."""
        keys = [key for _, key in self.table.rows]
        return [key for key in keys if key.startswith(("unrouted|", "notice_only|"))]

    def deliveries(self) -> dict[str, tuple[str, str, int, int]]:
        """State, reason, wanted and sent version by destination."""
        return {
            one["destination"]: (one["state"], one["reason"], one["wanted"], one["sent"])
            for one in self.table.values("delivery")
        }

    def check(self, notices: tuple[str, ...] = ()) -> None:
        """Check all laws."""
        rows = [(*place, values) for place, (values, _) in self.table.rows.items()]
        assert [] == violations(rows, notices=notices, settled=True)


@pytest.fixture(name="contact")
def _contact() -> Contact:
    return Contact()


def key(routing: str, minute: int = 1) -> str:
    """The key of the lead's index row."""
    return f"{routing}|{int((NOW + minutes(minute)).timestamp() * 1000)}|{LEAD}"


class TestStates:
    @pytest.mark.parametrize(
        ("told", "routing", "index"),
        [
            pytest.param(CRM, "routed", [], id="routed"),
            pytest.param(NOBODY, "unrouted", [key("unrouted")], id="unrouted"),
            pytest.param(TOLD, "notice_only", [key("notice_only")], id="notice-only"),
            pytest.param(KEPT, "kept", [], id="kept"),
            pytest.param(configuration(BELL, {"name": "crm"}), "routed", [], id="notice-too"),
            pytest.param(
                configuration({"name": "crm"}, route=[{"to": []}]), "routed", [], id="kept-too"
            ),
            pytest.param(configuration(BELL, route=[{"to": []}]), "kept", [], id="kept-and-told"),
            pytest.param(
                configuration(route=[{"when": [GERMAN], "to": []}]), "kept", [], id="kept-if"
            ),
            pytest.param(
                configuration(route=[{"when": [GERMAN | {"value": "FR"}], "to": []}]),
                *("unrouted", [key("unrouted")]),
                id="kept-if-not",
            ),
            pytest.param(
                configuration({"name": "page", "channel": "marketplace"}),
                *("unrouted", [key("unrouted")]),
                id="another-storefront",
            ),
        ],
    )
    async def test_normal(self, contact, told, routing, index):
        """A normal lead is followed up, told of only, kept on purpose, or unrouted and so
        listed.
        """
        await contact.take(later(1), told)

        assert (routing, index) == (contact.routing, contact.index)
        contact.check(("bell",))

    @pytest.mark.parametrize(
        "changes", [{"ActionCode": "DNC"}, {"FirstName": "MSFT_TEST_1"}], ids=["dnc", "test"]
    )
    async def test_special(self, contact, changes):
        """A special lead is nobody's to follow up, and so never unrouted."""
        await contact.take(later(1, **changes), NOBODY)

        assert ("", []) == (contact.routing, contact.index)
        contact.check()

    @pytest.mark.parametrize(("told", "routing"), [(NOBODY, "unrouted"), (CRM, "routed")])
    async def test_special_no_more(self, contact, told, routing):
        """A customer who asks for contact after all is routed then, or unrouted."""
        await contact.take(later(1, ActionCode="DNC"), NOBODY)

        await contact.take(later(2), told)

        assert routing == contact.routing
        contact.check()

    async def test_row(self, contact):
        """The index row says what the list says; a repeat changes both, and not since when it is
        so.
        """
        await contact.take(later(1), NOBODY)
        await contact.take(later(2), NOBODY)

        [told], [seen] = contact.table.values("unrouted"), contact.table.values("seen")
        assert (1, seen) == (told["duplicates"], told)
        assert [key("unrouted")] == contact.index
        contact.check()

    async def test_news(self, contact):
        """A later touch that changes nothing about it leaves it where it is in the index."""
        await contact.take(later(1), NOBODY)
        await contact.take(later(2, Title="CEO"), NOBODY)

        assert [key("unrouted")] == contact.index
        assert 2 == contact.table.values("unrouted")[0]["version"]
        contact.check()

    @pytest.mark.parametrize(
        ("told", "routing", "index"),
        [(CRM, "routed", []), (TOLD, "notice_only", [key("notice_only", 2)]), (KEPT, "kept", [])],
        ids=["routed", "notice-only", "kept"],
    )
    async def test_moves(self, contact, told, routing, index):
        """The index row goes in the transaction that makes the lead something else."""
        await contact.take(later(1), NOBODY)

        [changes] = await contact.take(later(2, Title="CEO"), told)

        assert (routing, index) == (contact.routing, contact.index)
        assert key("unrouted") in [change.key for change in changes if change.kind == "delete"]
        contact.check(("bell",))

    async def test_once_only(self, contact):
        """What makes a lead unrouted is told from what finds it so already."""
        first = await contact.take(later(1), NOBODY)
        others = [
            await contact.take(later(2), NOBODY),
            await contact.take(later(3, Title="CEO"), NOBODY),
        ]

        [told] = newly_unrouted(first[0])
        assert (LEAD, "unrouted") == (told["lead"], told["routing"])
        assert [[], []] == [newly_unrouted(changes) for [changes] in others]

    async def test_sibling(self, contact):
        """Another listing may take a lead of the same contact off its route; that is told, too."""
        one = {"field": "listings", "op": "at_most", "value": 1}
        told = configuration(
            {"name": "sellers", "channel": "field_seller"},
            route=[{"when": [one], "to": ["sellers"]}],
        )
        await contact.take(later(1, LeadSource="SPZA-PLT|contoso.robot"), told)

        planned = await contact.take(later(2, LeadSource="SPZA-PLT|contoso.kit"), told)

        assert 2 == sum(len(newly_unrouted(changes)) for changes in planned)
        assert 2 == len(contact.index)
        assert {"sellers": ("suppressed", "left_route", 1, 0)} == contact.deliveries()
        contact.check()


class TestReroute:
    async def test_cured(self, contact):
        """An unrouted lead is owed, as it stands, to whom a route leads now: in one transaction."""
        await contact.take(later(1), NOBODY)
        await contact.take(later(2, Title="CEO"), NOBODY)
        [before] = contact.table.values("lead")

        planned = await contact.again(CRM)

        assert 1 == len(planned)
        assert ("routed", []) == (contact.routing, contact.index)
        assert {"crm": ("due", "", 2, 0)} == contact.deliveries()
        [after], [due] = contact.table.values("lead"), contact.table.values("due")
        kept = ("version", "record", "digest", "score", "stage", "touches", "last_seen")
        assert [before[name] for name in kept] == [after[name] for name in kept]
        assert json.loads(due["record"]) == json.loads(before["record"])
        assert ("2026-11-22T13:00:00.000Z", 0) == (due["owed_since"], due["attempts"])
        assert '["crm"]' == after["route"]
        contact.check()

    @pytest.mark.parametrize(
        "told", [NOBODY, CRM, TOLD, KEPT], ids=["nobody", "crm", "notice", "kept"]
    )
    async def test_twice(self, contact, told):
        """A second time nothing changes."""
        await contact.take(later(1), NOBODY)
        await contact.again(told)

        assert [] == await contact.again(told, 120)
        contact.check(("bell",))

    @pytest.mark.parametrize(
        ("told", "routing", "listed"),
        [(TOLD, "notice_only", [key("notice_only", 60)]), (KEPT, "kept", [])],
        ids=["notice-only", "kept"],
    )
    async def test_otherwise(self, contact, told, routing, listed):
        """It may come to be told of only, or to be kept."""
        await contact.take(later(1), NOBODY)

        await contact.again(told)

        assert (routing, listed) == (contact.routing, contact.index)
        contact.check(("bell",))

    async def test_new_rules(self, contact):
        """Only the routes are today's: score and stage are as the lead was told."""
        await contact.take(later(1), NOBODY)
        ready = {"field": "stage", "op": "eq", "value": "sales_ready"}
        told = configuration(
            {"name": "sellers", "channel": "field_seller"},
            route=[{"when": [ready], "to": ["sellers"]}],
            scoring={"sales_ready": {"appsource": 100}},
        )

        await contact.again(told)

        assert {"sellers": ("due", "", 1, 0)} == contact.deliveries()

    async def test_changed_meanwhile(self, contact):
        """A lead that a touch has changed since it was read is not overwritten."""
        await contact.take(later(5), NOBODY)
        planned = reroute(await contact.held(), LEAD, Routes.of(KEPT), NOW + minutes(60))
        await contact.take(later(1, Title="CEO"), NOBODY)  # so late that the list is as it was

        with pytest.raises(Conflict):
            await contact.write(planned)
        contact.check()

    async def test_left_behind(self, contact):
        """What is due where nobody is configured any more is let go, and owed to who is."""
        await contact.take(later(1), CRM)

        [changes] = await contact.again(configuration({"name": "new"}))

        assert {
            "crm": ("suppressed", "left_route", 1, 0),
            "new": ("due", "", 1, 0),
        } == contact.deliveries()
        assert len(changes) == len({change.key for change in changes}) == 7
        contact.check()

    async def test_left_behind_by_all(self, contact):
        """Where nobody else is configured, the lead is unrouted from then on."""
        await contact.take(later(1), CRM)

        await contact.again(NOBODY)

        assert ("unrouted", [key("unrouted", 60)]) == (contact.routing, contact.index)
        assert [] == contact.table.values("due")
        contact.check()

    async def test_back_again(self, contact):
        """What was let go is owed once its destination is there again, at the same version."""
        await contact.take(later(1), CRM)
        await contact.again(NOBODY)

        await contact.again(CRM, 120)

        assert {"crm": ("due", "", 1, 0)} == contact.deliveries()
        contact.check()

    @pytest.mark.parametrize(
        ("outcome", "state"),
        [(Accepted("r"), ("delivered", "", 1, 1)), (Rejected("bad"), ("parked", "bad", 1, 0))],
        ids=["delivered", "parked"],
    )
    async def test_what_is_there_stays(self, contact, outcome, state):
        """What is due, delivered or parked on the route is left alone."""
        both = configuration({"name": "crm"}, {"name": "old"})
        await contact.take(later(1), CRM)
        await contact.finish(outcome)
        await contact.again(both)

        await contact.again(configuration({"name": "crm"}, {"name": "new"}), 120)

        assert {
            "crm": state,
            "old": ("suppressed", "left_route", 1, 0),
            "new": ("due", "", 1, 0),
        } == contact.deliveries()
        contact.check()

    async def test_older_version_is_there(self, contact):
        """Who has an older version is owed this one, as an update."""
        await contact.take(later(1), CRM)
        await contact.finish(Accepted("r"))
        await contact.take(later(2, Title="CEO"), NOBODY)

        await contact.again(CRM)

        assert {"crm": ("due", "", 2, 1)} == contact.deliveries()
        contact.check()

    async def test_special(self, contact):
        """A special lead goes only to who asks for it; what is due elsewhere is let go."""
        asks = configuration({"name": "crm", "accepts": ["test"]})
        await contact.take(later(1, FirstName="MSFT_TEST_1"), asks)

        await contact.again(configuration({"name": "new"}))

        assert {
            "crm": ("suppressed", "left_route", 1, 0),
            "new": ("suppressed", "test", 1, 0),
        } == contact.deliveries()
        assert ("", []) == (contact.routing, contact.index)
        assert [] == await contact.again(configuration({"name": "new"}), 120)
        contact.check()

    async def test_most(self, contact):
        """With the most destinations, old and new, each transaction fits, and a crash in between
        leaves something due where nobody is configured, by which the lead is found again.
        """
        old = configuration(*({"name": f"old{n}"} for n in range(MOST_DESTINATIONS)))
        new = configuration(*({"name": f"new{n}"} for n in range(MOST_DESTINATIONS)))
        await contact.take(later(1), new)
        await contact.finish(Accepted("r"), look_up=True)
        await contact.take(later(2, Title="CEO"), old)

        first, second = reroute(await contact.held(), LEAD, Routes.of(new), NOW + minutes(90))
        await contact.write([first])

        assert {"old"} == {row["destination"][:3] for row in await left_due(contact, "old")}
        rows = [(*place, values) for place, (values, _) in contact.table.rows.items()]
        assert [] == violations(rows)
        await contact.again(new, 90)
        assert {"due"} == {
            state for name, (state, *_) in contact.deliveries().items() if name.startswith("new")
        }
        assert [] == await left_due(contact, "old")
        assert 99 <= len(second) <= 100
        contact.check()

    async def test_most_but_one_parked(self, contact):
        """Of what does not fit, what is parked goes first: by what is due the lead is found."""
        old = configuration(*({"name": f"old{n:02}"} for n in range(MOST_DESTINATIONS)))
        new = configuration(*({"name": f"new{n}"} for n in range(MOST_DESTINATIONS)))
        await contact.take(later(1), new)
        await contact.finish(Accepted("r"), look_up=True)
        await contact.take(later(2, Title="CEO"), old)
        for row in await contact.table.read(
            PARTITION, "due|old", f"due|old{MOST_DESTINATIONS - 1}"
        ):
            await contact.write([ledger.park(row, "bad", NOW)])

        first, _ = reroute(await contact.held(), LEAD, Routes.of(new), NOW + minutes(90))
        await contact.write([first])

        assert 1 == len(await left_due(contact, "old"))
        await contact.again(new, 90)
        contact.check()


async def left_due(contact: Contact, begin: str) -> list[dict[str, Any]]:
    """What is due at destinations whose names so begin."""
    rows: list[Row] = await contact.table.read(PARTITION, f"due|{begin}", f"due|{begin}~")
    return [dict(row.values) for row in rows]
