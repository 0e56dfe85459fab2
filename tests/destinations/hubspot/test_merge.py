"""HubSpot's contacts that were there before: one for each person, however they came."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from tests.builders import NOW
from tests.destinations.hubspot.builders import (
    BEFORE,
    CONTACT,
    EMAIL,
    at,
    lead,
    made,
    only,
    paths,
    person,
    sole,
    there,
)
from tests.destinations.sellers import Customer, elsewhere
from tests.destinations.simulators.base import Fault


class TestPeople:
    async def test_two_leads(self, account, crm):
        """Two leads of one person in one batch make one contact, which tells of the later."""
        early = person(1, 1, listing_title="Early", last_touch="2026-11-20T00:00:00.000Z")
        late = person(1, 2, listing_title="Late")

        reply = await crm.deliver([late, early], NOW)

        assert [Accepted("101"), Accepted("101")] == list(reply.outcomes)
        assert "Late" in sole(account)["message"]

    async def test_second_lead(self, account, crm):
        """A later lead of a person finds the contact, and leaves it as sellers have it.

        What it lacks may be what another lead told, and a seller cleared.
        """
        account.add(leadshare_contact=CONTACT, email=EMAIL, lastname="Buyer")
        kept = dict(sole(account))

        assert Accepted("101") == await only(crm, lead())
        assert kept == sole(account)

    async def test_ours(self, account):
        """What is leadshare's own is written all the same, where it says something else."""
        crm = there(account, fields={"their_score": "score", "their_flag": {"constant": True}})
        account.add(leadshare_contact=CONTACT, email=EMAIL, their_score="40", their_flag="true")

        assert Accepted("101") == await only(crm, lead())
        assert "75" == sole(account)["their_score"]
        assert Accepted("101") == await only(crm, lead(2, 1, "101"))
        assert 1 == account.writes

    async def test_two_leads_told(self, account, crm):
        """Of two leads that make one contact, one's words are its text, the other's a note."""
        late, early = Customer(crm).one, elsewhere(Customer(crm)).one
        before: Any = early.record | {"last_touch": "2026-11-20T00:00:00.000Z"}

        await crm.deliver([late, replace(early, record=before)], NOW)

        assert "Please call me." in sole(account)["message"]
        [note] = account.timeline(late)
        assert "And reports." in note

    async def test_two_leads_fill(self, account, crm):
        """Two leads that come back at once fill what either says for the first time."""
        first = Customer(crm, phone="", job_title="")
        other = elsewhere(first)
        for one in (first, other):
            await one.arrives()
        account.edit(first.one, {"phone": None, "jobtitle": None})
        first.writes("200 seats", phone="+4930123456")
        other.writes("Reports", job_title="CTO", phone="")

        await crm.deliver([first.one, other.one], NOW)

        assert ("+4930123456", "CTO") == (sole(account)["phone"], sole(account)["jobtitle"])

    async def test_address_stays(self, account, crm):
        """An address that a seller corrected stays, and so does the lifecycle stage."""
        record_id = await made(crm, lead())
        sole(account).update(email="right@fabrikam.example", lifecyclestage="customer")

        assert isinstance(await only(crm, lead(2, 1, record_id, job_title="CIO")), Accepted)
        held = sole(account)
        assert ("right@fabrikam.example", "customer") == (held["email"], held["lifecyclestage"])
        assert "Head of IT" == held["jobtitle"]

    async def test_deleted(self, account, crm):
        """A contact that a seller deleted is not created anew for the lead that made it."""
        record_id = await made(crm, lead())
        account.records["contacts"][record_id]["archived"] = True

        assert Rejected("deleted_in_crm") == await only(crm, lead(2, 1, record_id))
        assert [] == account.live()

    async def test_deleted_for_one(self, crm):
        """Another lead of that person is a new interest, for which the contact is created."""
        gone, new = replace(person(1, 1), sent=1), person(1, 2)

        reply = await crm.deliver([gone, new], NOW)

        assert (Accepted("101"), Accepted("101")) == reply.outcomes

    async def test_unsaid(self):
        """Where the search says nothing of a contact once written, nothing is written."""
        asked: list[str] = []

        def handle(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.path)
            return httpx.Response(200, json={"results": []})

        assert Deferred("no_answer") == await only(at(handle), lead(2, 1, "101"))
        assert 1 == len(asked)


class TestMerge:
    @pytest.mark.parametrize("multi_status", [False, True])
    @pytest.mark.parametrize("by_value", [False, True])
    async def test_forms(self, account, crm, by_value, multi_status):
        """In whichever form HubSpot tells that an e-mail is taken, its contact gets the key."""
        account.taken_by_value, account.multi_status = by_value, multi_status
        for number in (1, 4):
            account.add(at=BEFORE, email=f"buyer{number}@fabrikam.example")

        reply = await crm.deliver([person(number) for number in range(6)], NOW)

        assert [Accepted] * 6 == [type(outcome) for outcome in reply.outcomes]
        assert 6 == len({one["properties"]["leadshare_contact"] for one in account.live()})

    @pytest.mark.parametrize("named", [True, False])
    async def test_made_meanwhile(self, account, named):
        """A person whose contact another process has just made is asked about again."""
        original = account.handle

        def handle(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("contacts/batch/upsert"):
                account.add(leadshare_contact=CONTACT, email="other@fabrikam.example")
                place = "PropertyValueCoordinates{propertyName=leadshare_contact, value=1}"
                error = {"message": f"Cannot set {place}." if named else "Existe déjà."}
                told = {"category": "VALIDATION_ERROR" if named else "CONFLICT"}
                return httpx.Response(400, json={**told, **error})
            answer: httpx.Response = original(request)
            return answer

        account.handle = handle

        assert Deferred("changed_meanwhile") == await only(there(account), lead())

    async def test_by_email(self, account, crm):
        """A contact with the e-mail and without our key gets the key; its gaps alone are filled."""
        known = {"email": EMAIL.title(), "firstname": "S.", "company": "Fabrikam"}
        known |= {"lifecyclestage": "customer", "message": "older"}
        account.add(at=BEFORE, **known)

        assert Accepted("101") == await only(crm, lead())
        held = sole(account)
        assert known.items() <= held.items()
        assert ("Head of IT", CONTACT) == (held["jobtitle"], held["leadshare_contact"])
        assert "contacts/batch/update" == paths(account)[-1]

    async def test_again(self, account, crm):
        """The merge whose answer was lost is repeated: no second contact, no other name."""
        account.add(at=BEFORE, email=EMAIL, lastname="Given")
        account.faults = [Fault.NONE, Fault.LOST_AFTER]

        assert Deferred("connection_lost") == await only(crm, lead())
        assert Accepted("101") == await only(crm, replace(lead(), attempts=1))
        assert ("Given", CONTACT) == (
            sole(account)["lastname"],
            sole(account)["leadshare_contact"],
        )

    async def test_later_version(self, account, crm):
        """A later version still changes no name of a contact that was there before us."""
        account.add(at=BEFORE, email=EMAIL, lastname="Given")
        record_id = await made(crm, lead())

        assert Accepted("101") == await only(crm, lead(2, 1, record_id, score=99))
        assert "Given" == sole(account)["lastname"]
        assert "message" not in sole(account)

    async def test_another_person(self, account, crm):
        """A contact that holds another person's id is left alone, and told what is new."""
        account.add(email=EMAIL, leadshare_contact="f" * 32)
        before = json.dumps(account.records["contacts"])
        one = Customer(crm, email=EMAIL).one

        assert Accepted("101") == await only(crm, one)
        assert before == json.dumps(account.records["contacts"])
        assert 1 == len(account.live("notes"))
        assert (Accepted("101"),) == (await crm.look_up([replace(one, sent=1)], NOW)).outcomes

    async def test_another_person_untold(self, account):
        """Where nothing may be told there either, a person must see to it."""
        account.add(email=EMAIL, leadshare_contact="f" * 32)
        silent = there(account, timeline=False)

        assert Rejected("several_in_crm") == await only(silent, Customer(silent, email=EMAIL).one)

    async def test_second_address(self, account, crm):
        """A contact is found by its additional addresses, too; the first stays."""
        account.add(
            at=BEFORE, email="first@fabrikam.example", hs_additional_emails=f"x@y.z;{EMAIL}"
        )

        assert Accepted("101") == await only(crm, lead())
        assert "first@fabrikam.example" == sole(account)["email"]

    async def test_one_contact_for_two(self, account, crm):
        """Two persons whose addresses are one contact's: it becomes the first's."""
        both = "buyer1@fabrikam.example", "buyer2@fabrikam.example"
        account.add(at=BEFORE, email=both[0], hs_additional_emails=both[1])

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Accepted("101"), Rejected("several_in_crm")) == reply.outcomes

    async def test_whole_batch(self, account, crm):
        """Where a conflict refuses the whole batch, it is found, merged, and blocks nobody."""
        account.multi_status = False
        account.add(at=BEFORE, email="buyer2@fabrikam.example")

        reply = await crm.deliver([person(number) for number in (1, 2, 3)], NOW)

        assert [Accepted] * 3 == [type(outcome) for outcome in reply.outcomes]
        assert 3 == len(account.live())

    async def test_publishers_own_key(self, account):
        """A conflict over a property that the publisher made unique cannot be merged."""
        account.add(email="other@fabrikam.example", their_number="7")

        outcome = await only(there(account, fields={"their_number": {"constant": 7}}), lead())

        assert Rejected("duplicate_in_crm") == outcome

    async def test_without_email(self, account):
        """A conflict of a lead without e-mail cannot be merged."""
        account.add(email="other@fabrikam.example", their_number="7")
        crm = there(account, fields={"their_number": {"constant": 7}})

        assert Rejected("duplicate_in_crm") == await only(crm, lead(email=""))

    async def test_email_left_out(self, account):
        """A mapping may leave the e-mail out; the key alone finds the contact then."""
        account.add(email=EMAIL)

        assert Accepted("102") == await only(there(account, fields={"email": ""}), lead())

    async def test_throttled(self, account, crm):
        """A merge that is throttled holds the lane; the lead is merged by the next attempt."""
        account.add(at=BEFORE, email=EMAIL)
        account.faults = [Fault.NONE, Fault.THROTTLED]

        reply = await crm.deliver([lead()], NOW)

        assert ((Deferred("throttled", counts=False),), timedelta(seconds=10)) == (
            reply.outcomes,
            reply.hold,
        )
        assert Accepted("101") == await only(crm, lead())

    async def test_blind(self, account, crm):
        """Who cannot be looked for by the e-mail waits, is made no second time, and then merged."""
        account.add(at=BEFORE, email=EMAIL)
        account.played = lambda request: (
            account.unavailable() if b'"idProperty":"email"' in request.content else None
        )

        assert Deferred("http_503") == await only(crm, lead())

        account.played = lambda _request: None
        assert Accepted("101") == await only(crm, lead())
        assert 1 == len(account.live())
