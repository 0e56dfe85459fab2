"""Odoo: one record per lead, nothing of a seller's is lost, and every answer is read.

What the simulator says here is what a real Odoo said: see tests/odoo.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Rejected
from leadshare.core.preflight import findings
from leadshare.destinations.answers import DEFAULT_HOLD
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.odoo import Odoo, OdooSettings
from leadshare.destinations.odoo_api import external_id
from leadshare.destinations.odoo_load import MOST_CALLS
from tests.builders import NOW, delivery, reasons, record
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.odoo import KEY, Account, error

Answer = Callable[[httpx.Request], httpx.Response | None]


def person(number: int = 1, version: int = 1, **changes: Any) -> Delivery:
    """The delivery of customer *number*."""
    lead = f"{number:032x}-fedcba9876543210"
    told = {"email": f"buyer{number}@fabrikam.example", **changes}
    return delivery(version=version, lead=lead, record=record(lead=lead, version=version, **told))


@pytest.fixture(name="account")
def _account() -> Account:
    return Account()


@pytest.fixture(name="odoo")
def _odoo(account: Account) -> Any:
    return account.destination()


def answering(account: Account, answer: Answer) -> Any:
    """The destination, whose calls *answer* answers, or the account where it gives None."""
    return destination_of(
        account.SETTINGS, account.ENVIRONMENT, lambda r: answer(r) or account.handle(r)
    )


def loads(account: Account, model: str = "crm.lead") -> list[dict[str, Any]]:
    """The bodies of all calls that loaded records of a model."""
    path = f"/json/2/{model}/load"
    return [json.loads(r.content) for r in account.requests if r.url.path == path]


def methods(account: Account) -> list[str]:
    """The calls that were made."""
    return [request.url.path.removeprefix("/json/2/") for request in account.requests]


async def sent(odoo: Odoo, one: Delivery) -> Delivery:
    """The delivery once it was accepted."""
    [outcome] = (await odoo.deliver([one], NOW)).outcomes
    assert isinstance(outcome, Accepted), outcome
    return replace(one, sent=one.version, receipt=outcome.receipt)


def later(one: Delivery, **changes: Any) -> Delivery:
    """The next version of a lead."""
    version = one.version + 1
    told: Any = {**one.record, "version": version, **changes}
    return replace(one, version=version, record=told)


class TestSettings:
    @pytest.mark.parametrize(
        "url",
        [
            pytest.param("http://contoso.odoo.com", id="not-https"),
            pytest.param("https://contoso.odoo.com/odoo", id="path"),
            pytest.param("https://user:word@contoso.odoo.com", id="user"),
            pytest.param("https://contoso.odoo.com?db=x", id="query"),
            pytest.param("contoso.odoo.com", id="no-scheme"),
            pytest.param("https://[", id="broken"),
        ],
    )
    def test_url(self, account, url):
        """An address that is not a server's is an error, which does not repeat it."""
        with pytest.raises(ValidationError, match="url must be like") as caught:
            account.destination(url=url)

        assert "user:word" not in str(caught.value)

    @pytest.mark.parametrize("url", ["https://crm.contoso.example/", "http://127.0.0.1:8069"])
    def test_good_url(self, account, url):
        """A server's address is taken, http on loopback too."""
        assert url.removesuffix("/") == account.destination(url=url).settings.url

    def test_key_is_named(self):
        """The key comes from the environment."""
        told = {"type": "odoo", "name": "odoo", "url": "https://contoso.odoo.com"}

        with pytest.raises(ValidationError, match="ODOO_KEY is not set"):
            OdooSettings.model_validate({**told, "api_key": "ODOO_KEY"}, context={})

    def test_database(self, account):
        """A database's name goes into a header, so that it is a plain one."""
        with pytest.raises(ValidationError, match="database"):
            account.destination(database="a\r\nb")


class TestRequest:
    async def test_headers(self, account, odoo):
        """Each call carries the key as a bearer's, and the database where one is told."""
        await odoo.deliver([person()], NOW)

        for request in account.requests:
            assert f"bearer {KEY}" == request.headers["authorization"]
            assert "contoso" == request.headers["x-odoo-database"]
            assert "application/json" == request.headers["content-type"]
            assert request.url.query == b""

    async def test_no_database(self, account):
        """Without a database told, Odoo finds the only one."""
        await account.destination(database="").deliver([person()], NOW)

        assert not any("x-odoo-database" in request.headers for request in account.requests)

    async def test_few_calls(self, account, odoo):
        """What leads point at is learnt once; after that, a batch of new leads is one call."""
        await odoo.deliver([person(1)], NOW)
        account.requests.clear()

        await odoo.deliver([person(number) for number in range(2, 52)], NOW)

        assert ["crm.lead/load"] == methods(account)

    async def test_external_id(self, account, odoo):
        """The lead id is the external id."""
        one = await sent(odoo, person())

        assert ("crm.lead", int(one.receipt)) == account.store.external[external_id(one)]
        assert f"leadshare.lead_{1:032x}_fedcba9876543210" == external_id(one)

    async def test_nobodys(self, account, odoo):
        """A new lead belongs to no seller, else it would be our user's."""
        one = await sent(odoo, person())

        assert account.leads[int(one.receipt)]["user_id"] is False

    async def test_type_is_the_publishers(self, account, odoo):
        """Whether it is a lead or an opportunity is left to Odoo's own setting."""
        await odoo.deliver([person()], NOW)

        assert "type" not in loads(account)[0]["fields"]

    async def test_constants(self, account):
        """A truth or a number in the mapping goes out as a text: `load` breaks on true."""
        odoo = account.destination(fields={"active": {"constant": True}, "color": "score"})

        one = await sent(odoo, person())

        assert ("1", "75") == tuple(
            account.leads[int(one.receipt)][name] for name in ("active", "color")
        )

    async def test_gaps(self, account, odoo):
        """What one lead of a batch lacks is empty in its record alone."""
        many = [person(1), person(2, phone="", stage="blank")]

        await odoo.deliver(many, NOW)

        [[first], [second]] = [account.found(one) for one in many]
        assert ("+4930123456", False) == (first["phone"], second["phone"])
        assert ("2", "0") == (first["priority"], second["priority"])


class TestReferences:
    async def test_made(self, account, odoo):
        """Campaign and source are made where they are not there."""
        await odoo.deliver([person()], NOW)

        [found] = account.found(person())
        assert (["autumn-webinar"], ["AppSource"]) == (found["campaign_id"], found["source_id"])

    async def test_found(self, account, odoo):
        """What has the name already is used, the oldest of several."""
        first = account.store.add("utm.campaign", {"title": "autumn-webinar"})
        account.store.add("utm.campaign", {"title": "autumn-webinar"})

        one = await sent(odoo, person())

        assert first == account.leads[int(one.receipt)]["campaign_id"]
        assert 2 == len(account.store.tables["utm.campaign"])

    async def test_renamed(self, account):
        """What we made and the publisher renamed is used under its new name."""
        await account.destination().deliver([person(1)], NOW)
        [campaign] = account.store.tables["utm.campaign"].values()
        campaign["title"] = "Autumn webinar 2026"

        await account.destination().deliver([person(2)], NOW)

        assert [{"title": "Autumn webinar 2026"}] == [
            *account.store.tables["utm.campaign"].values()
        ]
        assert ["Autumn webinar 2026"] == account.found(person(2))[0]["campaign_id"]

    async def test_at_once(self, account, odoo):
        """Two batches at once make one campaign."""
        await asyncio.gather(*(odoo.deliver([person(n)], NOW) for n in range(4)))

        assert 1 == len(account.store.tables["utm.campaign"])
        assert 1 == len(loads(account, "utm.campaign"))

    async def test_refused(self, account, odoo):
        """Where a campaign cannot be made, the leads that need it wait, and no others."""
        account.blocked.add("not-ours")

        reply = await odoo.deliver([person(1), person(2, campaign="not-ours")], NOW)

        assert ["", "reference_refused"] == reasons(reply)
        assert Deferred("reference_refused") == reply.outcomes[1]
        assert not reply.failing

    async def test_gone(self, account, odoo):
        """A campaign that was deleted defers the lead once; then it is made anew."""
        await odoo.deliver([person(1)], NOW)
        account.store.tables["utm.campaign"].clear()
        account.store.external = {
            name: of for name, of in account.store.external.items() if of[0] != "utm.campaign"
        }

        reply = await odoo.deliver([person(2)], NOW)

        assert (Deferred("reference_gone"),) == reply.outcomes
        await sent(odoo, replace(person(2), attempts=1))
        assert ["autumn-webinar"] == account.found(person(2))[0]["campaign_id"]

    async def test_forbidden(self, account, odoo):
        """Where campaigns may not be read, every lead waits."""
        account.denied.add(("utm.campaign", "read"))

        reply = await odoo.deliver([person(1), person(2)], NOW)

        assert (Deferred("forbidden"),) * 2 == reply.outcomes
        assert reply.failing

    async def test_unknown_country(self, account, odoo):
        """A country that Odoo does not know is told in words."""
        await odoo.deliver([person(country="<Narnia>")], NOW)

        [found] = account.found(person())
        assert "country_id" not in loads(account)[0]["fields"]
        assert found["description"].startswith("Country: &lt;Narnia&gt;<br>Asked for: ")

    async def test_unknown_country_without_description(self, account):
        """Where the mapping leaves the description out, nothing is put there."""
        odoo = account.destination(fields={"description": ""})

        await sent(odoo, person(country="Narnia"))

        assert "description" not in loads(account)[0]["fields"]

    async def test_no_contact(self, account, odoo):
        """Who asked for no contact is tagged so; a seller's tags stay."""
        one = await sent(odoo, person())
        vip = account.store.add("crm.tag", {"name": "VIP"})
        account.leads[int(one.receipt)]["tag_ids"] = [vip]

        await sent(odoo, later(one, lane="no_contact"))

        [found] = account.found(one)
        assert ["VIP", "Do not contact"] == found["tag_ids"]


class TestOnce:
    async def test_unseen(self, account, odoo):
        """After a crash before the attempt was noted, what is there stays as it is."""
        one = await sent(odoo, person())
        account.leads[int(one.receipt)]["function"] = "written by a seller"

        again = await sent(odoo, person())

        assert one.receipt == again.receipt
        assert "written by a seller" == account.leads[int(one.receipt)]["function"]

    async def test_newer_unseen(self, account, odoo):
        """A newer version changes what an older one left, though no attempt of it is known."""
        one = await sent(odoo, person())

        await sent(odoo, person(version=2, job_title="CIO"))

        assert "CIO" == account.leads[int(one.receipt)]["function"]
        assert 1 == len(account.leads)

    @pytest.mark.parametrize("attempts", [0, 1])
    async def test_closed_unseen(self, account, odoo, attempts):
        """A lead that was won before we knew that it had arrived is left alone."""
        one = await sent(odoo, person())
        account.leads[int(one.receipt)]["won_status"] = "won"

        reply = await odoo.deliver(
            [replace(person(version=2, job_title="CIO"), attempts=attempts)], NOW
        )

        assert (Rejected("closed_in_crm"),) == reply.outcomes
        assert "Head of IT" == account.leads[int(one.receipt)]["function"]

    async def test_hidden(self, account):
        """A lead that was taken but is hidden from our user is tried again, not given up."""

        def hidden(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(200, json=[]) if "lead/search" in request.url.path else None

        odoo = answering(account, hidden)

        reply = await odoo.deliver([replace(person(), attempts=1)], NOW)

        assert (Deferred("changed_meanwhile"),) == reply.outcomes


class TestUpdate:
    async def test_addressed_by_id(self, account, odoo):
        """What is there is written under its own id, and what sellers decide is not written."""
        fields = {"type": {"constant": "lead"}}
        odoo = account.destination(fields=fields)
        one = await sent(odoo, person())
        account.leads[int(one.receipt)]["type"] = "opportunity"

        await sent(odoo, later(one, job_title="CIO"))

        first, second = loads(account)
        assert "type" in first["fields"]
        assert ".id" == second["fields"][0]
        assert not {"id", "type", "user_id"} & set(second["fields"])
        assert not {"mode", "noupdate"} & second["context"].keys()
        assert "opportunity" == account.leads[int(one.receipt)]["type"]

    async def test_empties_nothing(self, account, odoo):
        """What the lead lacks now stays as it is: rows with other gaps go in calls of their own."""
        many = [await sent(odoo, person(number)) for number in range(3)]
        newer = [later(many[0], phone=""), later(many[1], job_title=""), later(many[2], phone="")]

        reply = await odoo.deliver(newer, NOW)

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        rows = [account.leads[int(one.receipt)] for one in many]
        assert {"+4930123456"} == {row["phone"] for row in rows}
        assert {"Head of IT"} == {row["function"] for row in rows}
        assert 3 + 2 == len(loads(account))

    @pytest.mark.parametrize(
        "change", [{"active": False}, {"won_status": "won"}, {"won_status": "lost"}]
    )
    async def test_closed(self, account, odoo, change):
        """A lead that was archived, won or lost is neither changed nor opened again."""
        one = await sent(odoo, person())
        account.leads[int(one.receipt)] |= change

        reply = await odoo.deliver([later(one, job_title="CIO")], NOW)

        assert (Rejected("closed_in_crm"),) == reply.outcomes
        assert "Head of IT" == account.leads[int(one.receipt)]["function"]
        assert not reply.failing

    @pytest.mark.parametrize("receipt", [True, False], ids=["receipt", "no-receipt"])
    async def test_deleted(self, account, odoo, receipt):
        """A lead that was deleted is not made again."""
        one = await sent(odoo, person())
        account._unlink("crm.lead", [int(one.receipt)], {})  # noqa: SLF001 - a seller does it

        second = later(one) if receipt else replace(later(one), receipt="")
        reply = await odoo.deliver([second], NOW)

        assert (Rejected("deleted_in_crm"),) == reply.outcomes
        assert not account.leads

    async def test_closed_meanwhile(self, account):
        """A lead that is archived between look and write is refused, and looked at again."""

        def seller(request: httpx.Request) -> None:
            if b'".id"' in request.content:
                account.leads[int(one.receipt)]["active"] = False

        odoo = answering(account, seller)
        one = await sent(odoo, person())

        reply = await odoo.deliver([later(one)], NOW)

        assert (Deferred("changed_meanwhile"),) == reply.outcomes
        again = await odoo.deliver([replace(later(one), attempts=1)], NOW)
        assert (Rejected("closed_in_crm"),) == again.outcomes

    async def test_states_refused(self, account):
        """Where leads cannot be read, new ones are made and others wait."""
        refuses: list[int] = []

        def down(request: httpx.Request) -> httpx.Response | None:
            there = "lead/search" in request.url.path and refuses
            return httpx.Response(503, headers={"Retry-After": "9"}) if there else None

        odoo = answering(account, down)
        one = await sent(odoo, person(1))
        refuses.append(503)

        reply = await odoo.deliver([person(2), later(one)], NOW)

        assert ["", "http_503"] == reasons(reply)
        assert timedelta(seconds=9) == reply.hold


class TestRefused:
    async def test_blames_the_wrong_one(self, account, odoo):
        """Odoo tells of a batch's first row what another did: only who is refused alone is bad."""
        many = [person(number) for number in range(5)]
        account.refused.add(many[3].record["email"])

        reply = await odoo.deliver(many, NOW)

        assert ["", "", "", "odoo_refused", ""] == reasons(reply)
        assert isinstance(reply.outcomes[3], Rejected)
        assert not reply.failing

    async def test_names_the_field(self, account):
        """Where Odoo names a field, the reason does."""
        odoo = account.destination(fields={"priority": "job_title"})

        reply = await odoo.deliver([person(job_title="urgent!")], NOW)

        assert (Rejected("odoo_refused.priority"),) == reply.outcomes

    async def test_bounded(self, account, odoo):
        """Where almost all are bad, so many calls are made and no more; the rest waits."""
        many = [person(number) for number in range(50)]
        account.refused |= {one.record["email"] for one in many}

        reply = await odoo.deliver(many, NOW)

        assert MOST_CALLS == len(loads(account))
        assert MOST_CALLS - 1 == reasons(reply).count("odoo_refused")
        assert Deferred("batch_refused") == reply.outcomes[-1]

    async def test_halves(self, account):
        """Where Odoo refuses a batch and names none, halves lead to the bad one."""

        def strict(request: httpx.Request) -> httpx.Response | None:
            if b"buyer7@" in request.content:
                return error(422, "odoo.exceptions.ValidationError", "buyer7@ is not welcome")
            return None

        many = [person(number) for number in range(9)]

        reply = await answering(account, strict).deliver(many, NOW)

        assert [*[""] * 7, "odoo_ValidationError", ""] == reasons(reply)
        assert [1] * 7 == [len(account.found(one)) for one in many[:7]]

    async def test_concurrent(self, account, odoo):
        """Two transactions at once are nobody's fault: that lead is tried again."""
        account.busy.add("Busy")

        reply = await odoo.deliver([person(1), person(2, listing_title="Busy")], NOW)

        assert (Deferred("concurrent_update"),) == reply.outcomes[1:]
        assert isinstance(reply.outcomes[0], Accepted)
        assert not reply.failing

    async def test_broken(self, account, odoo):
        """Code of the publisher's that breaks on a lead leaves the others, and rejects none."""
        account.broken.add("Odd")

        reply = await odoo.deliver([person(1, listing_title="Odd"), person(2)], NOW)

        assert ["odoo_error", ""] == reasons(reply)
        assert isinstance(reply.outcomes[0], Deferred)
        assert not reply.failing

    async def test_broken_for_all(self, account, odoo):
        """Code of the publisher's that breaks on every lead is Odoo's fault."""
        account.broken.add("Odd")

        reply = await odoo.deliver([person(n, listing_title="Odd") for n in range(2)], NOW)

        assert (Deferred("odoo_error"),) * 2 == reply.outcomes
        assert reply.failing

    async def test_server_error_for_one(self, account):
        """HTTP 500 for one lead is retried as the schedule has it and blocks nobody."""

        def broken(request: httpx.Request) -> httpx.Response | None:
            if b"buyer2@" in request.content:
                return error(500, "builtins.KeyError", "'buyer2@fabrikam.example'")
            return None

        reply = await answering(account, broken).deliver([person(n) for n in range(4)], NOW)

        assert ["", "", "odoo_KeyError", ""] == reasons(reply)
        assert isinstance(reply.outcomes[2], Deferred)
        assert not reply.failing

    async def test_field_missing(self, account, odoo):
        """A field that was removed is the configuration's fault: all wait, after one call."""
        account.lacks.add("function")

        reply = await odoo.deliver([person(1), person(2)], NOW)

        assert (Deferred("field_missing"),) * 2 == reply.outcomes
        assert reply.failing
        assert 1 == len(loads(account))

    async def test_no_right(self, account, odoo):
        """Where our user may not make leads, which Odoo says with HTTP 200, all wait."""
        account.denied.add(("crm.lead", "create"))

        reply = await odoo.deliver([person(1), person(2)], NOW)

        assert (Deferred("forbidden"),) * 2 == reply.outcomes
        assert reply.failing
        assert 1 == len(loads(account))

    @pytest.mark.parametrize(
        ("fault", "reason", "hold"),
        [
            pytest.param(lambda: httpx.Response(429), "throttled", DEFAULT_HOLD, id="throttled"),
            pytest.param(lambda: httpx.ReadError("reset"), "connection_lost", None, id="lost"),
        ],
    )
    async def test_stops(self, account, fault, reason, hold):
        """When the line breaks while the bad one is looked for, what was taken stays taken."""
        account.refused.add("buyer1@fabrikam.example")
        more: list[httpx.Request] = []

        def third(request: httpx.Request) -> httpx.Response | None:
            if len(loads(account)) < 2:
                return None
            more.append(request)
            if isinstance(made := fault(), httpx.Response):
                return made
            raise made

        many = [person(number) for number in range(4)]

        reply = await answering(account, third).deliver(many, NOW)

        # The first row is blamed for the second, so that two rows go first, then each of the two.
        assert [reason, reason, "", ""] == reasons(reply)
        assert hold == reply.hold
        assert 1 == len(more)


ONE, TWO = [person(1)], [person(1), person(2)]


class TestAnswers:
    @pytest.mark.parametrize(
        ("answer", "outcome", "failing"),
        [
            pytest.param(
                error(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey"),
                Deferred("unauthorised"),
                True,
                id="wrong-key",
            ),
            pytest.param(
                error(403, "odoo.exceptions.AccessError", "You are not allowed"),
                Deferred("forbidden"),
                True,
                id="no-right",
            ),
            pytest.param(
                error(404, "werkzeug.exceptions.NotFound", "the model does not exist"),
                Deferred("crm_missing"),
                True,
                id="no-model",
            ),
            pytest.param(
                httpx.Response(404, html="<h1>Not Found</h1>"),
                Deferred("crm_missing"),
                True,
                id="no-database",
            ),
            pytest.param(
                error(400, "werkzeug.exceptions.BadRequest", "could not parse"),
                Rejected("odoo_BadRequest"),
                False,
                id="bad-request",
            ),
            pytest.param(
                error(422, "odoo.exceptions.ValidationError", "sample.buyer@fabrikam.example"),
                Rejected("odoo_ValidationError"),
                False,
                id="validation",
            ),
            pytest.param(
                error(500, "builtins.ValueError", "Invalid field name 'x_score'"),
                Deferred("field_missing"),
                True,
                id="unknown-field",
            ),
            pytest.param(
                error(500, "builtins.TypeError", "sample.buyer@fabrikam.example"),
                Deferred("odoo_TypeError"),
                True,
                id="wrong-type",
            ),
            pytest.param(
                error(500, "a b <c>", "odd"), Deferred("http_500"), True, id="no-class-name"
            ),
            pytest.param(
                httpx.Response(502, html="Bad Gateway"), Deferred("http_502"), True, id="proxy"
            ),
            pytest.param(httpx.Response(413), Rejected("odoo_413"), False, id="too-large"),
            pytest.param(
                httpx.Response(303, headers={"location": "/web/login"}),
                Deferred("redirected"),
                True,
                id="redirect",
            ),
            pytest.param(httpx.Response(204), Deferred("unreadable_answer"), True, id="empty"),
        ],
    )
    @pytest.mark.parametrize("deliveries", [ONE, TWO], ids=["one", "two"])
    async def test_status(self, account, answer, outcome, failing, deliveries):
        """Each status has its meaning, for a lead alone and for a batch."""

        def refuse(request: httpx.Request) -> httpx.Response | None:
            return answer if account.is_write(request) else None

        reply = await answering(account, refuse).deliver(deliveries, NOW)

        assert (outcome,) * len(deliveries) == reply.outcomes
        assert failing == reply.failing
        assert answer.status_code == reply.status

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param({"ids": [1, 2, 3], "messages": []}, id="too-many"),
            pytest.param({"ids": [], "messages": []}, id="too-few"),
            pytest.param({"ids": ["1"], "messages": []}, id="texts"),
            pytest.param({"ids": [0], "messages": []}, id="no-id"),
            pytest.param({"ids": True, "messages": []}, id="true"),
            pytest.param({"ids": False}, id="no-messages"),
            pytest.param({"ids": False, "messages": []}, id="no-error"),
            pytest.param({"ids": False, "messages": [{"type": "warning"}, "x"]}, id="warnings"),
            pytest.param({"messages": []}, id="no-ids"),
            pytest.param([], id="list"),
            pytest.param(None, id="null"),
        ],
    )
    async def test_odd(self, account, answer):
        """HTTP 200 that cannot be read is no acceptance and no refusal."""

        def odd(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(200, json=answer) if account.is_write(request) else None

        reply = await answering(account, odd).deliver(ONE, NOW)

        assert (Deferred("unreadable_answer"),) == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize("record", [7, -1, "0", None, 1.5])
    async def test_odd_record(self, account, record):
        """A refusal that names no row of ours is narrowed down all the same."""
        message = {"type": "error", "record": record, "message": "no", "field": "No Name"}

        def odd(request: httpx.Request) -> httpx.Response | None:
            answer = {"ids": False, "messages": [message]}
            return httpx.Response(200, json=answer) if account.is_write(request) else None

        reply = await answering(account, odd).deliver(TWO, NOW)

        assert (Rejected("odoo_refused"),) * 2 == reply.outcomes

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(httpx.Response(200, html="<p>Sign in to the network</p>"), id="page"),
            pytest.param(httpx.Response(200, json={}), id="object"),
            pytest.param(httpx.Response(200, content=b"[" * 100_000), id="deep"),
        ],
    )
    @pytest.mark.parametrize("path", ["res.country/search_read", "crm.lead/search_read"])
    async def test_odd_search(self, account, path, answer):
        """A look-up that cannot be read says nothing of any lead."""

        def odd(request: httpx.Request) -> httpx.Response | None:
            return answer if request.url.path.endswith(path) else None

        reply = await answering(account, odd).deliver([replace(person(), sent=1, receipt="7")], NOW)

        assert (Deferred("unreadable_answer"),) == reply.outcomes
        assert reply.failing


class TestLookUp:
    async def test_one_call(self, account, odoo):
        """Leads whose receipts we hold are read back by one call."""
        many = [await sent(odoo, person(number)) for number in range(3)]
        account.leads[int(many[1].receipt)]["active"] = False
        del account.leads[int(many[2].receipt)]
        account.requests.clear()

        reply = await odoo.check(many, NOW)

        told = (Accepted(many[0].receipt), Accepted(many[1].receipt), Rejected(MISSING))
        assert told == reply.outcomes
        assert ["crm.lead/search_read"] == methods(account)

    async def test_without_receipt(self, account, odoo):
        """A lead whose receipt we do not hold is found by its external id, archived too."""
        one = await sent(odoo, person(1))
        account.leads[int(one.receipt)]["active"] = False

        reply = await odoo.check([replace(one, receipt=""), replace(person(2), sent=1)], NOW)

        assert (Accepted(one.receipt), Rejected(MISSING)) == reply.outcomes

    async def test_nothing(self, account, odoo):
        """Where nothing has an external id, leads are not asked for."""
        reply = await odoo.check([replace(person(), sent=1)], NOW)

        assert (Rejected(MISSING),) == reply.outcomes
        assert ["ir.model.data/check_object_reference"] == methods(account)

    @pytest.mark.parametrize("receipt", ["7", ""])
    @pytest.mark.parametrize("status", [401, 500, 503])
    async def test_refused(self, account, receipt, status):
        """A look-up that is refused says nothing of any lead."""
        odoo = answering(account, lambda _: error(status, "builtins.KeyError", "x"))

        reply = await odoo.check([replace(person(), sent=1, receipt=receipt)], NOW)

        assert [Deferred] == [type(outcome) for outcome in reply.outcomes]
        assert reply.failing


class TestDescribe:
    async def test_expires(self, odoo):
        """The end of the key is told, in UTC."""
        description = await odoo.describe(NOW)

        assert datetime(2027, 2, 1, 10, tzinfo=UTC) == description.expires

    @pytest.mark.parametrize("expires", ["", "2026-01-01 00:00:00"], ids=["never", "another's"])
    async def test_never_expires(self, account, odoo, expires):
        """A key without an end has none; one that has ended is not the one we came in with."""
        account.expires = expires

        assert (await odoo.describe(NOW)).expires is None

    async def test_keys_hidden(self, account, odoo):
        """Where keys may not be read, nothing is said of their end."""
        account.denied.add(("res.users.apikeys", "read"))

        assert (await odoo.describe(NOW)).expires is None

    @pytest.mark.parametrize(
        ("facts", "problem"),
        [
            pytest.param({"type": "char", "required": True}, "field_required", id="required"),
            pytest.param({"type": "integer"}, "value_is_no_number", id="number"),
            pytest.param({"type": "char", "readonly": True}, "field_read_only", id="read-only"),
            pytest.param({"type": "char", "size": 3}, "value_too_long", id="long"),
            pytest.param(
                {"type": "selection", "selection": [["a", "A"]]}, "value_not_allowed", id="choice"
            ),
        ],
    )
    async def test_findings(self, account, facts, problem):
        """What Odoo would refuse of a field is found before it is sent."""
        account.fields["x_ours"] = facts
        told = {} if problem == "field_required" else {"x_ours": "topic"}
        odoo = account.destination(fields=told)

        found = findings(
            await odoo.describe(NOW),
            [odoo.values(person())],
            odoo.mapping,
            frozenset(),
            NOW,
        )

        assert [(problem, "x_ours", 1)] == [(one.problem, one.field, one.leads) for one in found]

    async def test_label_is_a_choice(self, account):
        """A selection takes what people see of a value, too."""
        odoo = account.destination(fields={"priority": {"constant": "High"}})

        fields = (await odoo.describe(NOW)).fields

        assert fields is not None
        assert {"2", "High"} <= (fields["priority"].choices or set())

    @pytest.mark.parametrize(
        ("status", "reason"),
        [(401, "unauthorised"), (403, "forbidden"), (404, "crm_missing"), (500, "http_500")],
    )
    async def test_refused(self, account, status, reason):
        """Who is not let in is told why."""
        odoo = answering(account, lambda _: error(status, "builtins.KeyError", "x"))

        with pytest.raises(SignInFailed) as caught:
            await odoo.describe(NOW)

        assert reason == caught.value.reason

    async def test_no_right(self, account, odoo):
        """Fields can be read by anybody: whether leads may be made is asked for."""
        account.denied.add(("crm.lead", "create"))

        with pytest.raises(SignInFailed, match="forbidden"):
            await odoo.describe(NOW)


class TestErase:
    async def test_twice(self, account, odoo):
        """A lead is taken away once; that it is gone already is as good."""
        one = await sent(odoo, person())

        for given in (one, one, replace(one, receipt="")):
            await odoo.erase(given, NOW)

        assert not account.leads

    async def test_forbidden(self, account, odoo):
        """A user who is no administrator of sales deletes nothing, and says so."""
        one = await sent(odoo, person())
        account.denied.add(("crm.lead", "unlink"))

        with pytest.raises(SignInFailed, match="erase_refused"):
            await odoo.erase(one, NOW)

    async def test_wrong_database(self, account, odoo):
        """A server that does not know the database has not erased anything."""
        one = await sent(odoo, person())
        elsewhere = answering(account, lambda _: httpx.Response(404, html="<h1>Not Found</h1>"))

        with pytest.raises(SignInFailed, match="erase_refused"):
            await elsewhere.erase(one, NOW)


class TestPrivacy:
    async def test_reasons(self, account):
        """No reason quotes what Odoo says, which quotes the customer."""
        message = {"type": "error", "record": 0, "message": "buyer1@fabrikam.example is bad"}
        answers = [
            httpx.Response(200, json={"ids": False, "messages": [message]}),
            error(422, "odoo.exceptions.UserError", "buyer1@fabrikam.example is bad"),
            error(500, "buyer1@fabrikam.example", "buyer1@fabrikam.example is bad"),
        ]
        for answer in answers:

            def refuse(request: httpx.Request, answer: httpx.Response = answer) -> Any:
                return answer if account.is_write(request) else None

            reply = await answering(account, refuse).deliver(ONE, NOW)

            assert "buyer1" not in repr(reply)


class TestJunk:
    @pytest.mark.parametrize(
        "junk", [[None], [1], [[]], [{}], {"ids": 5}, {"ids": [1, 2]}, [{"id": 1}]]
    )
    async def test_references(self, account, junk):
        """A campaign's look-up or making that answers nonsense puts the lead off, no more."""

        def answer(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(200, json=junk) if "/utm." in request.url.path else None

        reply = await answering(account, answer).deliver([person()], NOW)

        assert [Deferred] == [type(outcome) for outcome in reply.outcomes]

    @pytest.mark.parametrize("junk", [[None], [1], [[]], [{}], [{"id": 1}]])
    async def test_states(self, account, odoo, junk):
        """A look at leads that answers nonsense never shows one as landed."""
        one = await sent(odoo, person())

        def answer(request: httpx.Request) -> httpx.Response | None:
            asked = request.url.path.endswith("crm.lead/search_read")
            return httpx.Response(200, json=junk) if asked else None

        reply = await answering(account, answer).check([one], NOW)

        assert not isinstance(reply.outcomes[0], Accepted)
