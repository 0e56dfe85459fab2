"""Odoo: one record per lead, and nothing of a seller's is lost.

What the simulator says here is what a real Odoo said: see tests/odoo.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import ValidationError

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.destinations.description import findings
from leadshare.destinations.errors import Refused
from leadshare.destinations.odoo.api import external_id
from leadshare.destinations.odoo.settings import OdooSettings
from leadshare.reason import Reason
from tests.builders import NOW, reasons
from tests.destinations.odoo.builders import answering, later, loads, person, sent
from tests.destinations.odoo.loading import error
from tests.destinations.simulators.odoo import KEY, Account


def methods(account: Account) -> list[str]:
    """The calls that were made."""
    return [request.url.path.removeprefix("/json/2/") for request in account.requests]


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

        assert ("crm.lead", int(one.record_id)) == account.store.external[external_id(one)]
        assert f"leadshare.lead_{1:032x}_fedcba9876543210" == external_id(one)

    async def test_nobodys(self, account, odoo):
        """A new lead belongs to no seller, else it would be our user's."""
        one = await sent(odoo, person())

        assert account.leads[int(one.record_id)]["user_id"] is False

    async def test_type_is_the_publishers(self, account, odoo):
        """Whether it is a lead or an opportunity is left to Odoo's own setting."""
        await odoo.deliver([person()], NOW)

        assert "type" not in loads(account)[0]["fields"]

    async def test_constants(self, account):
        """A truth or a number in the mapping goes out as a text: `load` breaks on true."""
        odoo = account.destination(fields={"active": {"constant": True}, "color": "score"})

        one = await sent(odoo, person())

        assert ("1", 75) == tuple(
            account.leads[int(one.record_id)][name] for name in ("active", "color")
        )

    async def test_gaps(self, account, odoo):
        """What one lead of a batch lacks is empty in its record alone."""
        many = [person(1), person(2, phone="", stage="blank")]

        await odoo.deliver(many, NOW)

        [[first], [second]] = [account.found(one) for one in many]
        assert ("+4930123456", False) == (first["phone"], second["phone"])
        assert ("2", "0") == (first["priority"], second["priority"])


class TestOnce:
    async def test_unseen(self, account, odoo):
        """After a crash before the attempt was noted, what is there stays as it is."""
        one = await sent(odoo, person())
        account.leads[int(one.record_id)]["function"] = "written by a seller"

        again = await sent(odoo, person())

        assert one.record_id == again.record_id
        assert "written by a seller" == account.leads[int(one.record_id)]["function"]

    async def test_newer_unseen(self, account, odoo):
        """A newer version fills what an older one left empty, though no attempt of it is known."""
        one = await sent(odoo, person(phone=""))

        await sent(odoo, person(version=2, job_title="CIO"))

        row = account.leads[int(one.record_id)]
        assert ("Head of IT", "+4930123456") == (row["function"], row["phone"])
        assert 1 == len(account.leads)

    @pytest.mark.parametrize("attempts", [0, 1])
    async def test_closed_unseen(self, account, odoo, attempts):
        """A lead that was won before we knew that it had arrived is left alone."""
        one = await sent(odoo, person(phone=""))
        account.leads[int(one.record_id)]["won_status"] = "won"

        reply = await odoo.deliver([replace(person(version=2), attempts=attempts)], NOW)

        assert (Accepted(one.record_id),) == reply.outcomes
        assert not account.leads[int(one.record_id)].get("phone")

    async def test_hidden(self, account):
        """A lead that was taken but is hidden from our user is tried again, not given up."""

        def hidden(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(200, json=[]) if "lead/search" in request.url.path else None

        odoo = answering(account, hidden)

        reply = await odoo.deliver([replace(person(), attempts=1)], NOW)

        assert (Deferred("changed_meanwhile"),) == reply.outcomes


class TestUpdate:
    async def test_addressed_by_id(self, account):
        """What is there is written under its own id, and what sellers decide is not written."""
        stage = {"field": "intent", "values": {"contact_request": "lead"}}
        odoo = account.destination(fields={"type": stage, "color": "score"})
        one = await sent(odoo, person())
        account.leads[int(one.record_id)]["type"] = "opportunity"

        await sent(odoo, later(one, score=80))

        first, second = loads(account)
        assert "type" in first["fields"]
        assert ([".id", "color"], [[one.record_id, "80"]]) == (second["fields"], second["data"])
        assert not {"mode", "noupdate"} & second["context"].keys()
        assert "opportunity" == account.leads[int(one.record_id)]["type"]

    async def test_empties_nothing(self, account):
        """What is not written stays as it is: rows with other fields go in calls of their own."""
        odoo = account.destination(fields={"color": "score"})
        many = [await sent(odoo, person(n, phone="" if n == 1 else "+491")) for n in range(3)]
        newer = [later(one, score=80, phone="+492") for one in many]

        reply = await odoo.deliver([replace(one, sent=0) for one in newer], NOW)

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        rows = [account.leads[int(one.record_id)] for one in many]
        assert [("+491", 80), ("+492", 80), ("+491", 80)] == [
            (row["phone"], row["color"]) for row in rows
        ]
        assert 4 + 2 == len(loads(account))

    async def test_few_calls(self, account, odoo):
        """Fifty leads with nothing to write are read by one call."""
        many = [await sent(odoo, person(number)) for number in range(50)]
        account.requests.clear()

        await odoo.deliver([later(one) for one in many], NOW)

        assert ["crm.lead/search_read"] == methods(account)

    async def test_tag(self, account, odoo):
        """Who objects later is tagged, once, beside what a seller has tagged."""
        one = await sent(odoo, person())
        vip = account.store.add("crm.tag", {"name": "VIP"})
        account.leads[int(one.record_id)]["tag_ids"] = [vip]

        second = await sent(odoo, later(one, category="no_contact"))
        await sent(odoo, later(second, category="no_contact"))

        [found] = account.found(one)
        assert ["VIP", "Do not contact"] == found["tag_ids"]
        assert 1 + 1 == len(loads(account))

    async def test_partner(self, account, odoo):
        """Once a seller has linked a partner, no gap is filled: Odoo would fill the partner's."""
        one = await sent(odoo, person(phone=""))
        partner = account.store.add("res.partner", {"name": "Sample Buyer"})
        account.leads[int(one.record_id)]["partner_id"] = partner
        second = later(one, phone="+4930123456")
        second.record["since"]["phone"] = 2

        await sent(odoo, second)

        assert not account.leads[int(one.record_id)].get("phone")
        assert 1 == len(loads(account))

    @pytest.mark.parametrize(
        "change", [{"active": False}, {"won_status": "won"}, {"won_status": "lost"}]
    )
    async def test_closed(self, account, change):
        """A lead that was archived, won or lost is neither changed nor opened again."""
        odoo = account.destination(fields={"color": "score"})
        one = await sent(odoo, person())
        account.leads[int(one.record_id)] |= change

        reply = await odoo.deliver([later(one, score=80)], NOW)

        assert (Accepted(one.record_id),) == reply.outcomes
        assert 75 == account.leads[int(one.record_id)]["color"]

    async def test_reference_refused(self, account):
        """A campaign that cannot be made keeps waiting whom it is to be written for, only."""
        always = {"field": "campaign_name", "write": "always"}
        odoo = account.destination(fields={"campaign_id": always})
        one, other = [await sent(odoo, person(number)) for number in (1, 2)]
        account.denied.add(("utm.campaign", "create"))

        reply = await odoo.deliver([later(one, campaign_name="new"), later(other)], NOW)

        assert ["reference_refused", ""] == reasons(reply)

    @pytest.mark.parametrize("record_id", [True, False], ids=["record_id", "no-record_id"])
    async def test_deleted(self, account, odoo, record_id):
        """A lead that was deleted is not made again."""
        one = await sent(odoo, person())
        account._unlink("crm.lead", [int(one.record_id)], {})  # noqa: SLF001 - a seller does it

        second = later(one) if record_id else replace(later(one), record_id="")
        reply = await odoo.deliver([second], NOW)

        assert (Rejected("deleted_in_crm"),) == reply.outcomes
        assert not account.leads

    async def test_closed_meanwhile(self, account):
        """A lead that is archived between look and write is refused, and looked at again."""

        def seller(request: httpx.Request) -> None:
            if b'".id"' in request.content:
                account.leads[int(one.record_id)]["active"] = False

        account.played = seller
        odoo = account.destination(fields={"color": "score"})
        one = await sent(odoo, person())

        reply = await odoo.deliver([later(one, score=80)], NOW)

        assert (Deferred("changed_meanwhile"),) == reply.outcomes
        again = await odoo.deliver([replace(later(one, score=80), attempts=1)], NOW)
        assert (Accepted(one.record_id),) == again.outcomes

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


class TestLookUp:
    async def test_one_call(self, account, odoo):
        """Leads whose record ids we hold are read back by one call, and one for what is gone."""
        many = [await sent(odoo, person(number)) for number in range(3)]
        account.leads[int(many[1].record_id)]["active"] = False
        account._unlink("crm.lead", [int(many[2].record_id)], {})  # noqa: SLF001 - a seller does it
        account.requests.clear()

        reply = await odoo.look_up(many, NOW)

        told = (
            Accepted(many[0].record_id),
            Accepted(many[1].record_id),
            Rejected(Reason.NOT_FOUND_AFTER_ACCEPT),
        )
        assert told == reply.outcomes
        assert ["crm.lead/search_read", "mail.message/search_read"] == methods(account)

    async def test_merged(self, account, odoo):
        """A lead that was merged into another is found in that, and stays itself."""
        one = await sent(odoo, person())
        account.end(one, "merged")

        reply = await odoo.look_up([one], NOW)

        assert (Accepted(one.record_id),) == reply.outcomes

    async def test_without_record_id(self, account, odoo):
        """A lead whose record id we do not hold is found by its external id, archived too."""
        one = await sent(odoo, person(1))
        account.leads[int(one.record_id)]["active"] = False

        reply = await odoo.look_up([replace(one, record_id=""), replace(person(2), sent=1)], NOW)

        assert (Accepted(one.record_id), Rejected(Reason.NOT_FOUND_AFTER_ACCEPT)) == reply.outcomes

    async def test_nothing(self, account, odoo):
        """Where nothing has an external id, leads are not asked for."""
        reply = await odoo.look_up([replace(person(), sent=1)], NOW)

        assert (Rejected(Reason.NOT_FOUND_AFTER_ACCEPT),) == reply.outcomes
        assert ["ir.model.data/check_object_reference"] == methods(account)

    @pytest.mark.parametrize("record_id", ["7", ""])
    @pytest.mark.parametrize("status", [401, 500, 503])
    async def test_refused(self, account, record_id, status):
        """A search that is refused says nothing of any lead."""
        odoo = answering(account, lambda _: error(status, "builtins.KeyError", "x"))

        reply = await odoo.look_up([replace(person(), sent=1, record_id=record_id)], NOW)

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

    @pytest.mark.parametrize(("timeline", "lacks"), [(True, "write"), (False, "")])
    async def test_timeline(self, account, timeline, lacks):
        """Who may make leads and not write them may put nothing in their chatter."""
        account.denied.add(("crm.lead", "write"))

        description = await account.destination(timeline=timeline).describe(NOW)

        assert lacks == description.timeline_lacks

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

        with pytest.raises(Refused) as caught:
            await odoo.describe(NOW)

        assert reason == caught.value.reason

    async def test_no_right(self, account, odoo):
        """Fields can be read by anybody: whether leads may be made is asked for."""
        account.denied.add(("crm.lead", "create"))

        with pytest.raises(Refused, match="forbidden"):
            await odoo.describe(NOW)


class TestErase:
    async def test_twice(self, account, odoo):
        """A lead is taken away once; that it is gone already is as good."""
        one = await sent(odoo, person())

        for given in (one, one, replace(one, record_id="")):
            await odoo.erase(given, NOW)

        assert not account.leads

    async def test_forbidden(self, account, odoo):
        """A user who is no administrator of sales deletes nothing, and says so."""
        one = await sent(odoo, person())
        account.denied.add(("crm.lead", "unlink"))

        with pytest.raises(Refused, match="erase_refused"):
            await odoo.erase(one, NOW)

    async def test_wrong_database(self, account, odoo):
        """A server that does not know the database has not erased anything."""
        one = await sent(odoo, person())
        elsewhere = answering(account, lambda _: httpx.Response(404, html="<h1>Not Found</h1>"))

        with pytest.raises(Refused, match="erase_refused"):
            await elsewhere.erase(one, NOW)
