"""Zoho CRM: one record for each lead, nobody else's overwritten, and what is told and erased."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from pydantic import ValidationError

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.destinations.description import findings
from leadshare.destinations.errors import Refused
from leadshare.destinations.zoho.destination import Zoho
from leadshare.destinations.zoho.settings import ZohoSettings
from leadshare.destinations.zoho.sign_in import CENTRES
from tests.builders import LEAD, NOW, delivery, entry
from tests.destinations.contract import again
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.zoho import Account, fault, refused
from tests.destinations.zoho.builders import (
    DONE,
    OTHER,
    Handler,
    answering,
    only,
    rows,
    sent,
    zoho_at,
)
from tests.destinations.zoho.metadata import KEY


class TestSettings:
    def test_defaults(self):
        """The key is a field of ours, and the budget is modest."""
        settings = zoho_at(Account().handle).settings

        assert "Leadshare_Id" == settings.key
        assert 4 == settings.concurrency
        assert (10, 10) == (Zoho.RATE.calls, Zoho.RATE.seconds)

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"data_centre": "com"}, id="no-data-centre"),
            pytest.param({"data_centre": "https://zoho.example"}, id="address"),
            pytest.param({"key": "Leadshare_Id) or (id"}, id="query-in-key"),
            pytest.param({"key": ""}, id="no-key"),
            pytest.param({"refresh_token": "1000.refresh.token"}, id="secret-itself"),
            pytest.param({"client_secret": "NOT_SET"}, id="secret-not-set"),
            pytest.param({"url": "https://www.zohoapis.eu"}, id="unknown"),
        ],
    )
    def test_refused(self, changes):
        """What cannot be right is refused when it loads."""
        with pytest.raises(ValidationError):
            ZohoSettings.model_validate(
                {**Account.SETTINGS, **changes}, context=Account.ENVIRONMENT
            )

    def test_data_centres(self):
        """Every data centre that can be set has its two addresses."""
        choices = ZohoSettings.model_json_schema()["properties"]["data_centre"]["enum"]

        assert sorted(CENTRES) == sorted(choices)


class TestRequests:
    async def test_first(self, account, zoho):
        """A new lead is one insert, signed, with our id in the key and no personal data around."""
        await zoho.deliver([delivery()], NOW)

        sign_in, insert = account.requests
        assert "https://accounts.zoho.eu/oauth/v2/token" == str(sign_in.url)
        assert ("POST", "https://www.zohoapis.eu/crm/v8/Leads") == (insert.method, str(insert.url))
        assert "Zoho-oauthtoken 1000.access.1" == insert.headers["authorization"]
        assert "application/json" == insert.headers["content-type"]
        body = json.loads(insert.content)
        assert ["data"] == list(body)
        [row] = body["data"]
        assert LEAD == row[KEY]
        assert "Buyer" == row["Last_Name"]
        assert "Germany" == row["Country"]
        assert "Email_Opt_Out" not in row

    async def test_repeat(self, account, zoho):
        """What may be there is looked up by the key, read, and updated by its id."""
        account.faults = [Fault.LOST_AFTER]
        await zoho.deliver([delivery()], NOW)
        account.edit(delivery(), {"Designation": None})
        account.requests.clear()

        await zoho.deliver([delivery(attempts=1)], NOW)

        query, read, update = account.requests
        [place] = account.records
        asked = json.loads(query.content)["select_query"]
        assert f"from Leads where {KEY} in ('{LEAD}') limit 200" in asked
        fields = f"{KEY},Converted__s,Converted_Contact,$converted_detail,Last_Name,First_Name,"
        fields += "Company,Designation,Email,Phone,Website,Country,Email_Opt_Out"
        assert {"ids": place, "fields": fields, "converted": "both"} == dict(read.url.params)
        assert "PUT" == update.method
        assert [{"id": place, "Designation": "Head of IT"}] == json.loads(update.content)["data"]

    async def test_large_repeat(self, account, zoho):
        """A whole batch is looked up in one query, no list of which is longer than allowed."""
        many = [delivery(lead=f"{n:032x}-0123456789abcdef", attempts=1) for n in range(100)]

        reply = await zoho.deliver(many, NOW)

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        assert 100 == len(account.records)
        assert 1 == account.writes

    async def test_key(self, account):
        """The key may have another name."""
        renamed = answering(account, rows(DONE), key="Marketplace_Lead")

        await renamed.deliver([delivery()], NOW)

        assert LEAD == json.loads(account.requests[-1].content)["data"][0]["Marketplace_Lead"]

    async def test_redirect(self, account):
        """A redirect is not followed."""
        moved = httpx.Response(302, headers={"location": "https://elsewhere.example/"})
        there = answering(account, moved)

        reply = await there.deliver([delivery()], NOW)

        assert (Deferred("redirected"),) == reply.outcomes
        assert 2 == len(account.requests)


class TestMerging:
    async def test_two_listings(self, account, zoho):
        """Two leads of one person are two records: e-mail alone makes no duplicate."""
        both = [delivery(), delivery(lead=OTHER)]

        reply = await zoho.deliver(both, NOW)

        assert [Accepted, Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert {LEAD, OTHER} == {stored[KEY] for stored in account.records.values()}

    @pytest.mark.parametrize("field", ["Email", "Phone"])
    async def test_person_is_unique(self, account, zoho, field):
        """Where a person may be there once only, a second lead parks and the first stays as is."""
        account.unique.add(field)
        await zoho.deliver([delivery()], NOW)
        before = json.dumps(account.records)

        outcome = await only(zoho, delivery(lead=OTHER))

        assert Rejected("duplicate_in_crm") == outcome
        assert before == json.dumps(account.records)

    async def test_unnoted(self, account, zoho):
        """A record with our key that nobody noted is ours: it is updated, not doubled."""
        place = account.put(**{KEY: LEAD, "Last_Name": "Buyer"})

        outcome = await only(zoho, delivery())

        assert Accepted(place) == outcome
        assert [place] == list(account.records)
        assert "Head of IT" == account.records[place]["Designation"]

    async def test_several_faults(self, account):
        """Our record is known by its key, even if other fields collide with it, too."""
        account.unique.add("Email")
        place = account.put(**{KEY: LEAD})
        collides = {"duplicate_record": {"id": place}}
        several = [
            fault("DUPLICATE_DATA", api_name="Email", **collides),
            fault("DUPLICATE_DATA", api_name=KEY, **collides),
        ]
        real: Handler = account.handle

        def handle(request: httpx.Request) -> httpx.Response:
            if request.method == "POST" and account.is_write(request):
                return rows(fault("MULTIPLE_OR_MULTI_ERRORS", errors=several), status=400)
            return real(request)

        assert Accepted(place) == await only(zoho_at(handle), delivery())

    @pytest.mark.parametrize("hides", [False, True])
    async def test_converted(self, account, hides):
        """A converted lead stays as it is, whether queries show it or not."""
        zoho = zoho_at(account.handle, timeline=False)
        accepted = await only(zoho, delivery())
        account.convert(delivery())
        account.hides_converted = hides
        before = json.dumps(account.records)

        outcome = await only(zoho, sent(delivery(), accepted.record_id))

        assert Rejected("closed_in_crm") == outcome
        assert before == json.dumps(account.records)
        assert 1 == account.writes  # that Zoho itself would refuse the update is not relied on

    @pytest.mark.parametrize(
        ("shows", "outcome"),
        [(True, Deferred("changed_meanwhile")), (False, Rejected("closed_in_crm"))],
    )
    async def test_converted_meanwhile(self, account, zoho, shows, outcome):
        """A lead converted between our look and our write waits, and then its contact is told.

        Where an edition does not show conversions, the next attempt would see no more.
        """
        accepted = await only(zoho, delivery())
        later = replace(sent(delivery(), accepted.record_id), entries=(entry(version=2),))
        account.edit(later, {"Designation": None})
        if not shows:
            account.lacks = {"Converted__s"}
            account.tells_contact = lambda _contact, _detail: {}
        real: Handler = account.handle

        def handle(request: httpx.Request) -> httpx.Response:
            if request.method == "PUT":
                account.convert(later)
            return real(request)

        assert outcome == await only(zoho_at(handle), later)
        if shows:
            assert Accepted(accepted.record_id) == await only(zoho, again(later))
            [note] = account.notes
            assert note["parent"] in {f"Contacts/{contact}" for contact in account.contacts}

    async def test_many_fields(self, account):
        """More fields than one read may name are read in several, and none is taken for empty."""
        there = {f"Note_{number:02}": "a seller's" for number in range(60)}
        mapped = {name: {"field": "job_title", "write": "fill"} for name in there}
        account.extra = set(there)
        zoho = zoho_at(account.handle, fields=mapped)
        account.put_before(delivery(), {**there, "Note_59": None})

        await zoho.deliver([delivery(attempts=1)], NOW)

        [kept] = account.records.values()
        assert there | {"Note_59": "Head of IT"} == {name: kept[name] for name in there}
        reads = [one for one in account.requests if one.method == "GET"]
        assert [50, 23] == [len(one.url.params["fields"].split(",")) for one in reads]

    async def test_gone_between_reads(self, account):
        """A record that was deleted after the first of several reads is not taken for empty."""
        mapped = {f"Note_{number:02}": {"field": "job_title"} for number in range(60)}
        account.extra = set(mapped)
        real: Handler = account.handle

        def handle(request: httpx.Request) -> httpx.Response:
            answer = real(request)
            if request.method == "GET":
                account.records.clear()
            return answer

        zoho = zoho_at(handle, fields=mapped)
        accepted = await only(zoho, delivery())

        assert Rejected("deleted_in_crm") == await only(zoho, sent(delivery(), accepted.record_id))
        assert 1 == account.writes

    @pytest.mark.parametrize("hides", [False, True])
    async def test_converted_unnoted(self, account, zoho, hides):
        """A lead that was converted before its acceptance was noted is not created anew."""
        await zoho.deliver([delivery()], NOW)
        account.convert(delivery())
        account.hides_converted = hides

        outcome = await only(zoho, delivery(attempts=1))

        assert Accepted(*account.records) == outcome
        assert 1 == len(account.records)

    async def test_deleted(self, account, zoho):
        """A lead that a seller deleted is not created anew."""
        accepted = await only(zoho, delivery())
        account.records.clear()

        outcomes = [
            await only(zoho, sent(delivery(), record_id)) for record_id in (accepted.record_id, "")
        ]

        assert [Rejected("deleted_in_crm")] * 2 == outcomes
        assert {} == account.records

    async def test_never_arrived(self, account, zoho):
        """An attempt that never arrived is made up for."""
        account.faults = [Fault.LOST_BEFORE]
        await zoho.deliver([delivery()], NOW)

        assert isinstance(await only(zoho, delivery(attempts=1)), Accepted)
        assert 1 == len(account.records)

    async def test_other_lead(self, account, zoho):
        """A record that now holds another lead's id is not this lead's any more."""
        place = account.put(**{KEY: OTHER})

        outcome = await only(zoho, sent(delivery(), place))

        assert Rejected("deleted_in_crm") == outcome
        assert OTHER == account.records[place][KEY]

    async def test_key_cleared(self, account, zoho):
        """A record whose key a seller cleared gets it back."""
        place = account.put(Last_Name="Buyer")

        outcome = await only(zoho, sent(delivery(), place))

        assert Accepted(place) == outcome
        assert LEAD == account.records[place][KEY]

    async def test_several(self, account, zoho):
        """Several records with one key, where it is not unique, are left to a person."""
        account.put(**{KEY: LEAD})
        account.put(**{KEY: LEAD})

        assert Rejected("several_in_crm") == await only(zoho, delivery(attempts=1))
        assert (Rejected("several_in_crm"),) == (await zoho.look_up([delivery()], NOW)).outcomes

    async def test_mixed_batch(self, account, zoho):
        """New, known, converted and deleted leads of one batch each have their own outcome."""
        leads = [f"{n:032x}-0123456789abcdef" for n in range(4)]
        news = [delivery(lead=lead) for lead in leads]
        reply = await zoho.deliver(news[1:], NOW)
        record_ids = [outcome.record_id for outcome in reply.outcomes]
        known, converted, deleted = (
            sent(one, record_id) for one, record_id in zip(news[1:], record_ids, strict=True)
        )
        account.convert(converted)
        account.edit(known, {"Designation": None})
        del account.records[record_ids[2]]

        reply = await zoho.deliver([deleted, news[0], converted, known], NOW)

        assert Rejected("deleted_in_crm") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)
        assert Accepted(record_ids[1]) == reply.outcomes[2]
        assert Accepted(record_ids[0]) == reply.outcomes[3]
        assert ["CIO"] == [one["Designation"] for one in account.found(known)]
        assert not reply.failing

    async def test_lost_halfway(self, account, zoho):
        """What was inserted before the line broke is accepted; the rest is unclear."""
        known = await only(zoho, delivery())
        account.edit(delivery(), {"Designation": None})
        real: Handler = account.handle

        def handle(request: httpx.Request) -> httpx.Response:
            if request.method == "PUT":
                raise httpx.ReadTimeout("slow", request=request)
            return real(request)

        both = [sent(delivery(), known.record_id), delivery(lead=OTHER)]
        reply = await zoho_at(handle).deliver(both, NOW)

        assert Deferred("timeout") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)


class TestDescribe:
    async def test_key_missing(self, account, zoho):
        """A key that is not there is told."""
        account.lacks.add(KEY)

        assert False is (await zoho.describe(NOW)).key_unique

    async def test_key_not_unique(self, account, zoho):
        """A key that allows duplicate values is told."""
        account.unique.clear()

        assert False is (await zoho.describe(NOW)).key_unique

    async def test_fields(self, zoho):
        """Kinds, lengths, choices, and what is read-only or a must, are read."""
        fields = (await zoho.describe(NOW)).fields

        assert fields is not None
        assert 80 == fields["Last_Name"].length
        assert fields["Last_Name"].required
        assert "boolean" == fields["Email_Opt_Out"].kind
        assert "number" == fields["Annual_Revenue"].kind
        assert fields["Lead_Source"].choices == {"-None-", "Advertisement", "Partner"}
        assert not fields["Full_Name"].writable

    async def test_choice(self, account):
        """A constant that is none of a pick list's values is found."""
        there = zoho_at(account.handle, fields={"Lead_Source": {"constant": "AppSource"}})
        description = await there.describe(NOW)

        [finding] = findings(
            description, [there.values(delivery())], there.mapping, frozenset({"Lead_Source"}), NOW
        )

        assert ("value_not_allowed", "AppSource") == (finding.problem, finding.value)

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (refused(401, "OAUTH_SCOPE_MISMATCH"), "forbidden"),
            (refused(400, "INVALID_MODULE"), "module_missing"),
            (httpx.Response(200, text="<p>"), "unreadable_answer"),
            (httpx.Response(503), "http_503"),
        ],
    )
    async def test_refused(self, account, answer, reason):
        """Why it cannot be described is a code."""
        there = answering(account, answer, "/crm/v8/settings/fields")

        with pytest.raises(Refused) as failed:
            await there.describe(NOW)

        assert reason == failed.value.reason


class TestErase:
    async def test_erase(self, account, zoho):
        """A lead is deleted by what holds its key, and nothing else is."""
        await zoho.deliver([delivery(), delivery(lead=OTHER)], NOW)

        await zoho.erase(delivery(), NOW)

        assert [OTHER] == [stored[KEY] for stored in account.records.values()]

    async def test_nothing_there(self, account, zoho):
        """What is not there needs no deleting."""
        await zoho.erase(delivery(), NOW)

        assert "DELETE" not in [request.method for request in account.requests]

    @pytest.mark.parametrize("path", ["/crm/v8/Leads", "/crm/v8/coql"])
    async def test_refused(self, account, path):
        """A refusal to delete is told."""
        account.put(**{KEY: LEAD})
        there = answering(account, refused(403, "NO_PERMISSION"), path)

        with pytest.raises(Refused, match="erase_refused"):
            await there.erase(delivery(), NOW)


class TestAssignment:
    async def test_rule(self, account):
        """A new lead is given to whom the rule says; a later change leaves it with its seller."""
        account.rules.add("4150868000001234567")
        there = account.destination(lar_id="4150868000001234567")

        first = await only(there, delivery())
        second = await only(there, sent(delivery(), first.record_id))

        assert [Accepted] * 2 == [type(first), type(second)]
        assert {first.record_id: "4150868000001234567"} == account.assigned

    async def test_gone(self, account):
        """A rule that is gone keeps the leads waiting, and the lane tells."""
        there = account.destination(lar_id="42")

        reply = await there.deliver([delivery()], NOW)

        assert (Deferred("reference_gone"),) == reply.outcomes
        assert reply.failing

    async def test_credits(self, account, zoho):
        """Once the day's credits are used up, the lane rests by the hour."""
        account.credits = 0

        reply = await zoho.deliver([delivery()], NOW)

        assert (Deferred("quota_exhausted", counts=False),) == reply.outcomes
        assert timedelta(hours=1) == reply.hold
