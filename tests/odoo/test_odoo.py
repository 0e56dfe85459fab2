"""A real Odoo 19: what the destination promises is true of it, and what the simulator says is, too.

`make test-odoo` runs these; `make test` does not, for they need Debian's package and PostgreSQL.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Rejected
from leadshare.destinations.description import findings
from leadshare.destinations.errors import Refused
from leadshare.reason import Reason

NOW = datetime.now(UTC)


async def sent(odoo: Any, one: Delivery) -> Delivery:
    """The delivery once it was accepted."""
    [outcome] = (await odoo.deliver([one], NOW)).outcomes
    assert isinstance(outcome, Accepted), outcome
    return replace(one, sent=one.version, record_id=outcome.record_id)


def later(one: Delivery, **changes: Any) -> Delivery:
    """The next version of a lead."""
    version = one.version + 1
    told: Any = {**one.record, "version": version, **changes}
    return replace(one, version=version, record=told, attempts=0)


class TestWrite:
    async def test_creates(self, odoo, person, customer):
        """A new lead has every field that the mapping fills, and belongs to no seller yet."""
        one = await sent(odoo, customer())

        [lead] = person.sees(one)

        assert int(one.record_id) == lead["id"]
        assert "Contoso Invoice Robot - Fabrikam GmbH" == lead["name"]
        assert ("Sample Buyer", "Fabrikam GmbH") == (lead["contact_name"], lead["partner_name"])
        assert ("Head of IT", "+4930123456") == (lead["function"], lead["phone"])
        assert "https://fabrikam.example" == lead["website"]
        assert ("Germany", "autumn-webinar") == (lead["country_id"][1], lead["campaign_id"][1])
        assert ("AppSource", "Marketplace") == (lead["source_id"][1], lead["medium_id"][1])
        assert "2" == lead["priority"]
        assert lead["user_id"] is False
        assert "Asked for: contact request<br>" in lead["description"]

    async def test_updates(self, connect, person, customer):
        """A later version fills what is empty, and leaves what a seller wrote."""
        odoo = connect(fields={"color": "score"})
        one = await sent(odoo, customer(phone="", score=7))
        seller = {"type": "lead", "user_id": 2, "function": "CEO"}
        person.does("crm.lead", "write", ids=[int(one.record_id)], vals=seller)

        second = later(one, job_title="Chief Information Officer", phone="+4930123456", score=8)
        second.record["since"].update(job_title=2, phone=2)
        await sent(odoo, second)

        [lead] = person.sees(one)
        assert ("CEO", "+4930123456") == (lead["function"], lead["phone"])
        assert ("lead", 2) == (lead["type"], lead["user_id"][0])
        [row] = person.does("crm.lead", "read", ids=[lead["id"]], fields=["color"])
        assert 8 == row["color"]

    async def test_batch(self, odoo, line, person, customer):
        """Fifty leads with different gaps are taken by one call."""
        many = [customer(phone="" if n % 2 else "+4930123456") for n in range(50)]

        reply = await odoo.deliver(many, NOW)

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        assert 1 == line.loads
        assert [1] * 50 == [len(person.sees(one)) for one in many]

    async def test_one_bad_row(self, connect, person, customer):
        """A record that Odoo refuses loses a value alone, whoever else Odoo blames."""
        # A won stage asks for a probability of 100: Odoo says so of the batch's first row, too.
        odoo = connect(fields={"stage_id": "last_name", "probability": "score"})
        many = [customer(last_name="New", score=n) for n in range(4)]
        many[2] = customer(last_name="Won", score=7)

        reply = await odoo.deliver(many, NOW)

        left_out = [one.without for one in reply.outcomes if isinstance(one, Accepted)]
        assert [set(), set(), {"stage_id"}, set()] == left_out
        assert [1] * 4 == [len(person.sees(one)) for one in many]
        assert not reply.failing

    async def test_ten_bad_rows(self, connect, person, customer):
        """Where so many are bad that Odoo stops reading, all are taken: those without the value."""
        odoo = connect(fields={"priority": "job_title"})
        many = [customer(job_title="1" if n % 2 else "<b>nonsense") for n in range(24)]

        reply = await odoo.deliver(many, NOW)

        left_out = [one.without for one in reply.outcomes if isinstance(one, Accepted)]
        assert [{"priority"}, set()] * 12 == left_out
        assert [1] * 24 == [len(person.sees(one)) for one in many]
        assert "Job title: &lt;b&gt;nonsense" in person.sees(many[0])[0]["description"]

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"notes": "n" * 1024, "company": "c" * 1024}, id="long-texts"),
            pytest.param(
                {"listing_title": "t" * 1024, "campaign_name": "k" * 1024}, id="long-topic"
            ),
            pytest.param({"first_name": "\ud83d", "notes": "a\x00b\ufffe"}, id="unprintable"),
            pytest.param({"first_name": "🚀" * 300, "last_name": "عربى"}, id="astral"),
            pytest.param({"company": "100% %s %(x)s", "campaign_name": "%s & <b>"}, id="percent"),
            pytest.param(
                {"campaign_name": chr(0x4E00) + "".join(map(chr, range(0x5000, 0x5400)))},
                id="index",
            ),
            pytest.param({"country": "Narnia"}, id="no-such-country"),
            pytest.param(
                {"last_name": "", "first_name": "", "listing_title": "", "listing": ""}, id="blank"
            ),
        ],
    )
    async def test_odd(self, odoo, person, customer, changes):
        """Whatever a customer typed, the record is taken."""
        one = await sent(odoo, customer(**changes))

        assert 1 == len(person.sees(one))

    async def test_markup(self, odoo, person, customer):
        """What looks like HTML in a customer's words is read as they typed it."""
        one = await sent(odoo, customer(notes="<script>alert(1)</script> & <b>bold</b>"))

        [lead] = person.sees(one)

        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;bold" in lead["description"]

    async def test_no_contact(self, odoo, person, customer):
        """Who asked for no contact has a tag that says so, beside what a seller tagged."""
        one = await sent(odoo, customer())
        [vip] = person.does("crm.tag", "create", vals_list=[{"name": f"VIP {one.lead}"}])
        person.does("crm.lead", "write", ids=[int(one.record_id)], vals={"tag_ids": [[4, vip]]})

        await sent(odoo, later(one, category="no_contact"))

        [lead] = person.sees(one)
        tags = person.does("crm.tag", "read", ids=lead["tag_ids"], fields=["name"])
        assert {"Do not contact", f"VIP {one.lead}"} == {tag["name"] for tag in tags}


class TestReferences:
    async def test_made_once(self, connect, person, customer):
        """A campaign is made once, however many processes need it, and may be renamed."""
        name = f"campaign {customer().lead}"
        first = await sent(connect(), customer(campaign_name=name))
        [lead] = person.sees(first)
        number, _ = lead["campaign_id"]
        person.does("utm.campaign", "write", ids=[number], vals={"title": f"renamed {name}"})

        second = await sent(connect(), customer(campaign_name=name))

        assert number == person.sees(second)[0]["campaign_id"][0]

    async def test_found(self, odoo, person, customer):
        """What the publisher has made by that name is used."""
        name = f"campaign {customer().lead}"
        [number] = person.does("utm.campaign", "create", vals_list=[{"title": name}])

        one = await sent(odoo, customer(campaign_name=name))

        assert number == person.sees(one)[0]["campaign_id"][0]

    async def test_gone(self, odoo, person, customer):
        """A country that is gone defers the lead once; then it is learnt anew."""
        one = customer()
        await sent(odoo, customer())
        odoo._references._ids["country_id", "DE"] = 99999  # noqa: SLF001 - as if it were deleted

        reply = await odoo.deliver([one], NOW)

        assert (Deferred("reference_gone"),) == reply.outcomes
        await sent(odoo, replace(one, attempts=1))
        assert "Germany" == person.sees(one)[0]["country_id"][1]


class TestOnce:
    async def test_lost_answer(self, odoo, line, person, customer):
        """Two lost answers and a good one are one lead."""
        one = customer()
        line.swallows = 2

        lost = [await odoo.deliver([replace(one, attempts=n)], NOW) for n in range(2)]
        await sent(odoo, replace(one, attempts=2))

        assert [(Deferred("connection_lost"),)] * 2 == [reply.outcomes for reply in lost]
        assert 1 == len(person.sees(one))

    async def test_lost_then_newer(self, odoo, line, person, customer):
        """A version that follows a lost answer fills what the record there lacks."""
        one = customer(job_title="")
        line.swallows = 1
        await odoo.deliver([one], NOW)

        await sent(odoo, later(one, job_title="Chief Information Officer"))

        [lead] = person.sees(one)
        assert "Chief Information Officer" == lead["function"]

    async def test_repeated_unseen(self, odoo, person, customer):
        """After a crash before the attempt was noted, what a seller wrote since stays."""
        one = await sent(odoo, customer())
        person.does("crm.lead", "write", ids=[int(one.record_id)], vals={"function": "CEO"})

        again = await sent(odoo, replace(one, sent=0, record_id=""))

        [lead] = person.sees(one)
        assert ("CEO", one.record_id) == (lead["function"], again.record_id)

    async def test_race(self, connect, person, customer):
        """Eight processes with the same lead at once make one record, and all can be repeated."""
        one = customer()
        await sent(connect(), customer())  # the records that both point at

        replies = await asyncio.gather(*(connect().deliver([one], NOW) for _ in range(8)))

        outcomes = [reply.outcomes[0] for reply in replies]
        assert {Accepted, Deferred} >= {type(outcome) for outcome in outcomes}
        assert {"concurrent_update"} >= {o.reason for o in outcomes if isinstance(o, Deferred)}
        assert not any(reply.failing for reply in replies)
        await sent(connect(), replace(one, attempts=1))
        assert 1 == len(person.sees(one))


class TestMerge:
    @pytest.mark.parametrize("action", ["action_archive", "action_set_lost", "action_set_won"])
    @pytest.mark.parametrize("known", ["sent", "attempted"])
    async def test_closed(self, odoo, person, customer, action, known):
        """A lead that was archived, lost or won is neither changed nor opened again."""
        one = await sent(odoo, customer(job_title=""))
        if known == "attempted":
            one = replace(one, sent=0, record_id="", attempts=1)
        [before] = person.sees(one)
        person.does("crm.lead", action, ids=[before["id"]])

        newer = later(one, job_title="Chief Information Officer")
        newer.record["since"]["job_title"] = 2
        await sent(odoo, newer)

        [lead] = person.sees(one)
        assert not lead["function"]
        assert (lead["active"], lead["won_status"]) != (True, "pending")

    @pytest.mark.parametrize("record_id", [True, False], ids=["record_id", "no-record_id"])
    async def test_deleted(self, odoo, person, customer, record_id):
        """A lead that was deleted is not made again."""
        one = await sent(odoo, customer())
        person.does("crm.lead", "unlink", ids=[int(one.record_id)])

        second = later(one) if record_id else replace(later(one), record_id="")
        reply = await odoo.deliver([second], NOW)

        assert (Rejected("deleted_in_crm"),) == reply.outcomes
        assert [] == person.sees(one)

    async def test_mixed(self, connect, line, person, customer):
        """A batch of new, changed, closed and deleted leads: to each its own."""
        odoo = connect(fields={"color": "score"})
        known = [await sent(odoo, customer(score=7)) for _ in range(4)]
        person.does("crm.lead", "action_archive", ids=[int(known[1].record_id)])
        person.does("crm.lead", "unlink", ids=[int(known[2].record_id)])
        line.loads = 0

        newer = [later(one, score=8) for one in known]
        reply = await odoo.deliver([customer(score=7), *newer, customer(score=7)], NOW)

        assert [Accepted, Accepted, Accepted, Rejected, Accepted, Accepted] == [
            type(outcome) for outcome in reply.outcomes
        ]
        assert 2 == line.loads


class TestLookUp:
    async def test_found(self, odoo, person, customer):
        """What is there is found, archived too, by record id and by external id."""
        many = [await sent(odoo, customer()) for _ in range(3)]
        person.does("crm.lead", "action_archive", ids=[int(many[1].record_id)])
        person.does("crm.lead", "unlink", ids=[int(many[2].record_id)])
        without = [replace(one, record_id="") for one in many]

        found = await odoo.look_up([*many, *without], NOW)

        told = [
            Accepted(many[0].record_id),
            Accepted(many[1].record_id),
            Rejected(Reason.NOT_FOUND_AFTER_ACCEPT),
        ]
        assert (*told, *told) == found.outcomes

    async def test_erase(self, connect, person, customer):
        """A sales administrator's key takes a lead away, once or twice; a seller's does not."""
        one = await sent(connect(), customer())

        with pytest.raises(Refused, match="erase_refused"):
            await connect().erase(one, NOW)
        assert 1 == len(person.sees(one))
        for given in (one, one, replace(one, record_id="")):
            await connect("manager").erase(given, NOW)
        assert [] == person.sees(one)


class TestDescribe:
    async def test_all_well(self, odoo, customer):
        """Everything that is written by default is there and takes what we write."""
        description = await odoo.describe(NOW)

        values = [odoo.values(customer(**more)) for more in ({}, {"category": "no_contact"})]
        assert [] == [
            finding
            for finding in findings(description, values, odoo.mapping, frozenset(), NOW)
            if finding.problem != "secret_expires_soon"
        ]

    async def test_expires(self, odoo):
        """When the API key ends is told: the server's setup gives it twenty days."""
        description = await odoo.describe(NOW)

        assert timedelta(days=19) < description.expires - datetime.now(UTC) < timedelta(days=21)

    async def test_field_missing(self, connect, customer):
        """A field that is not there is found, and defers leads instead of rejecting them."""
        odoo = connect(fields={"x_not_there": "score"})
        one = customer()

        found = findings(
            await odoo.describe(NOW), [odoo.values(one)], odoo.mapping, frozenset(), NOW
        )
        reply = await odoo.deliver([one], NOW)

        assert ("field_missing", "x_not_there") in [(one.problem, one.field) for one in found]
        assert (Deferred("field_missing"),) == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize(
        ("user", "changes", "reason"),
        [
            pytest.param("stranger", {}, "forbidden", id="no-rights"),
            pytest.param("x" * 40, {}, "unauthorised", id="wrong-key"),
            pytest.param("leadshare", {"database": "nope"}, "crm_missing", id="wrong-database"),
        ],
    )
    async def test_refused(self, connect, customer, user, changes, reason):
        """Who may not write leads is told why, and no lead is rejected for it."""
        odoo = connect(user, **changes)

        with pytest.raises(Refused, match=reason):
            await odoo.describe(NOW)
        reply = await odoo.deliver([customer(), customer()], NOW)

        assert (Deferred(reason),) * 2 == reply.outcomes
        assert reply.failing
