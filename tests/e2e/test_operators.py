"""Operators at one host on real Azurite over real HTTP: all that an operator asks and orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.builders import message, post
from tests.e2e.flow import Running, assert_lawful, assert_problem, in_quarantine, somebody
from tests.e2e.process import until
from tests.e2e.sink import Mood
from tests.e2e.storage import QUEUES, enqueue


@pytest.fixture(autouse=True, name="lawful")
def _lawful(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test that shares the host its rows break no law."""
    yield
    if "run" in request.fixturenames:
        assert_lawful(request.getfixturevalue("run"))


class TestDesk:
    def test_public_health(self, run: Running) -> None:
        """Anybody may ask whether the app answers, and learns nothing more."""
        answer = run.web.get("health")

        told = {"status": "ok", "build": "not packaged"}
        assert (200, told) == (answer.status_code, answer.json())

    def test_health(self, run: Running) -> None:
        """Operators see the last lead, the last test lead, queues and lanes."""
        run.settled(run.post(Email=somebody()))
        run.lead(run.post(Email=somebody(), FirstName="MSFT_TEST"))

        told = run.get("health")

        assert "ok" == told["configuration"]
        assert told["last_lead"]
        assert told["last_test_lead"]
        assert {*QUEUES, "lanes"} == set(told["queues"])
        assert {"crm", "closing"} == set(told["destinations"])
        assert "closed" == told["destinations"]["crm"]["lane"]["breaker"]

    def test_destinations(self, run: Running) -> None:
        """Operators see each destination, and who gets which leads."""
        told = run.get("destinations")

        assert ["crm", "closing"] == [one["destination"] for one in told["destinations"]]
        assert ["crm"] == [one["destination"] for one in told["coverage"][0]["destinations"]]
        assert {"routed"} == {row["routing"] for row in told["coverage"]}

    def test_pages(self, run: Running) -> None:
        """Pages of leads hold each lead once, newest first."""
        listing = f"contoso.{uuid4().hex}"
        touches = [run.post(f"/{listing}", Email=somebody(), LeadSource="SPZA") for _ in range(5)]
        leads = [run.lead(touch)["lead"]["lead"] for touch in touches]

        pages: list[list[str]] = []
        after = ""
        while not pages or after:
            page = run.get("leads", listing=listing, limit=2, after=after)
            pages.append([lead["lead"] for lead in page["leads"]])
            after = page.get("next", "")

        assert [2, 2, 1] == [len(page) for page in pages]
        assert leads[::-1] == [lead for page in pages for lead in page]

    def test_filters(self, run: Running) -> None:
        """Leads are found by storefront, stage and time, each alone and together."""
        listing = f"contoso.{uuid4().hex}"
        source = {"ready": "SPZA-PLT", "cold": "AzureMarketplace-CNS", "no_contact": "SPZA-DNC"}
        leads = {
            name: run.lead(
                run.post(f"/{listing}", Email=somebody(), LeadSource=text, ActionCode="")
            )
            for name, text in source.items()
        }

        def found(**where: str) -> set[str]:
            page = run.get("leads", listing=listing, **where)["leads"]
            ids = [lead["lead"] for lead in page]
            return {name for name, story in leads.items() if story["lead"]["lead"] in ids}

        stages = {name: story["lead"]["stage"] for name, story in leads.items()}
        assert {"ready", "no_contact"} == found(storefront="appsource")
        assert {"cold"} == found(storefront="azure_marketplace")
        assert {"no_contact"} == found(stage=stages["no_contact"])
        assert {"ready"} == found(stage=stages["ready"], storefront="appsource")
        assert set() == found(stage=stages["no_contact"], storefront="azure_marketplace")
        assert {"cold", "no_contact"} == found(since=leads["cold"]["lead"]["last_seen"])
        assert set() == found(since="2100-01-01T00:00:00Z")

    @pytest.mark.parametrize(
        ("path", "query"),
        [
            ("leads", {"limit": "0"}),
            ("leads", {"limit": "many"}),
            ("leads", {"since": "yesterday"}),
            ("leads", {"after": "é"}),
            ("deliveries", {"state": "lost"}),
        ],
    )
    def test_bad_question(self, run: Running, path: str, query: dict[str, str]) -> None:
        """A question that cannot be answered is refused, and the field that is wrong is named."""
        answer = run.web.get(f"manage/{path}", params=query)

        assert_problem(answer, 400)
        assert f"{next(iter(query))}:" in answer.json()["detail"]

    def test_unknown_lead(self, run: Running) -> None:
        """A lead that is not there is not found."""
        answer = run.web.get(f"manage/leads/{'0' * 32}-{'0' * 16}")

        assert_problem(answer, 404)

    def test_deliveries(self, run: Running) -> None:
        """Deliveries are found by state and destination."""
        lead = run.settled(run.post(Email=somebody()))["lead"]["lead"]

        def found(**where: str) -> bool:
            page = run.get("deliveries", **where, limit=200)
            return lead in [delivery["lead"] for delivery in page["deliveries"]]

        assert found(state="delivered", destination="crm")
        assert not found(state="delivered", destination="closing")
        assert not found(state="due")

    def test_poison(self, run: Running) -> None:
        """A touch that was given up on is kept, and can be classified again."""
        touch, email = uuid4().hex, somebody()
        taken = message(post(Email=email), int(touch, 16), datetime.now(UTC))
        enqueue(run.storage, "touches-poison", taken)
        [row] = until(lambda: in_quarantine(run, touch))
        where = {"what": "quarantine", "reason": "poison"}

        counted = run.order("replay", **where)
        replayed = run.order("replay", **where, dry_run=False)
        again = run.order("replay", **where, dry_run=False)

        assert "poison" == row["reason"]
        assert [(1, 0), (1, 1), (0, 0)] == [
            (answer["matched"], answer["replayed"]) for answer in (counted, replayed, again)
        ]
        assert [] == in_quarantine(run, touch)
        assert [email] == [event["data"]["email"] for event in run.told(touch)]

    def test_gone(self, run: Running) -> None:
        """A 410 parks what its destination is owed; enabled, it is delivered once."""
        azure = {"LeadSource": "AzureMarketplace-INS|contoso.metrics", "ActionCode": "INS"}
        run.plan.moods.append(Mood.GONE)
        touches = [run.post(Email=somebody(), **azure)]
        until(lambda: run.get("health")["destinations"]["closing"]["lane"]["disabled"])
        touches += [run.post(Email=somebody(), **azure) for _ in range(2)]
        leads = {run.settled(touch)["lead"]["lead"] for touch in touches}
        parked = run.get("deliveries", state="parked", destination="closing")["deliveries"]

        until(lambda: _enabled(run, "closing"))

        assert leads == {delivery["lead"] for delivery in parked}
        assert {"destination_disabled"} == {delivery["reason"] for delivery in parked}
        stories = [run.settled(touch) for touch in touches]
        assert ["delivered"] * 3 == [d["state"] for s in stories for d in s["deliveries"]]
        assert [[1]] * 3 == [run.closing.versions(lead) for lead in leads]


def _enabled(run: Running, destination: str) -> bool:
    """Enable a lane; a tick that works on it at the same moment is a conflict."""
    order = {"by": "tests", "destination": destination}
    answer = run.web.post("manage/enable", json=order)
    assert answer.status_code in {200, 409}
    return answer.is_success
