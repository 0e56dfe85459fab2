"""HubSpot: one contact for each person, one lead for each lead, nothing of a seller's is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.core.preflight import FieldFacts, Finding, findings
from leadshare.destinations.answers import DEFAULT_HOLD
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.hubspot import Hubspot, HubspotSettings
from leadshare.destinations.hubspot_batch import CALLS
from leadshare.destinations.inspect import inspect
from tests.builders import LEAD, NOW, delivery, record
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.hubspot import TOKEN, Account, Properties

CONTACT = "0123456789abcdef0123456789abcdef"
EMAIL = "sample.buyer@fabrikam.example"
AFTER = "2026-11-22T12:00:00.000Z"
BEFORE = "2025-01-01T00:00:00.000Z"
"""Long before the lead's first touch."""


@pytest.fixture(name="account")
def _account() -> Account:
    return Account()


@pytest.fixture(name="crm")
def _crm(account: Account) -> Hubspot:
    return there(account)


@pytest.fixture(name="sales")
def _sales(account: Account) -> Hubspot:
    return there(account, lead_object=True)


def there(account: Account, **changes: Any) -> Hubspot:
    """The destination that delivers to an account."""
    made = account.destination(**changes)
    assert isinstance(made, Hubspot)
    return made


def settings(token: str = TOKEN, **changes: Any) -> HubspotSettings:
    """Settings as from the configuration file."""
    told = {"name": "crm", "type": "hubspot", "token": "HUBSPOT_TOKEN", **changes}
    return HubspotSettings.model_validate(told, context={"HUBSPOT_TOKEN": token})


def person(number: int, listing: int = 0, **changes: Any) -> Delivery:
    """The delivery of one listing's lead of customer *number*."""
    lead = f"{number:032x}-{listing:016x}"
    told = {"email": f"buyer{number}@fabrikam.example", **changes}
    return delivery(lead=lead, record=record(lead=lead, **told))


def lead(version: int = 1, sent: int = 0, receipt: str = "", **changes: Any) -> Delivery:
    """The delivery of the sample lead."""
    told = record(version=version, **changes)
    return delivery(version=version, record=told, sent=sent, receipt=receipt)


def answering(*answers: httpx.Response, **changes: Any) -> Hubspot:
    """HubSpot that finds nobody and then answers writes like this, the last one for ever."""
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/read"):
            names = [one["id"] for one in json.loads(request.content)["inputs"]]
            lost = {"category": "OBJECT_NOT_FOUND", "context": {"ids": names}}
            return httpx.Response(207, json={"results": [], "errors": [lost]})
        return left.pop(0) if len(left) > 1 else left[0]

    return at(handle, **changes)


def at(handle: Callable[[httpx.Request], httpx.Response], **changes: Any) -> Hubspot:
    """HubSpot whose calls are answered by a function."""
    client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return Hubspot(settings(**changes), client)


def paths(account: Account) -> list[str]:
    """What was asked, without what all have in common."""
    return [r.url.path.removeprefix("/crm/objects/2026-03/") for r in account.requests]


def sole(account: Account, kind: str = "contacts") -> Properties:
    """The only record's properties."""
    [one] = account.live(kind)
    properties: Properties = one["properties"]
    return properties


async def only(crm: Hubspot, one: Delivery) -> Outcome:
    """What became of a delivery."""
    [outcome] = (await crm.deliver([one], NOW)).outcomes
    return outcome


async def made(crm: Hubspot, one: Delivery) -> str:
    """The id of the record that was written."""
    outcome = await only(crm, one)
    assert isinstance(outcome, Accepted)
    return outcome.receipt


class TestSettings:
    def test_defaults(self):
        """A name, a type and a token are all that it takes."""
        told = settings()

        assert ("https://api.hubapi.com", "leadshare_contact") == (told.url, told.key)
        assert (False, "leadshare_id") == (told.lead_object, told.lead_key)

    @pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost/"])
    def test_loopback(self, url):
        """A simulator on this machine may stand in for HubSpot."""
        assert url.removesuffix("/") == settings(url=url).url

    @pytest.mark.parametrize(
        "changes",
        [
            {"url": "https://api.hubapi.example"},
            {"url": "http://api.hubapi.com"},
            {"url": "https://api.hubapi.com/crm"},
            {"url": "http://127.0.0.1@hubapi.example"},
            {"key": "Leadshare"},
            {"key": ""},
            {"lead_key": "leadshare-id"},
            {"lead_fields": {"hs_lead_name": "no_such_lead_field"}},
            {"token": "two words"},
            {"token": "line\nbreak"},
            {"unknown": 1},
        ],
    )
    def test_refused(self, changes):
        """Anything else is an error that quotes no secret."""
        with pytest.raises(ValidationError) as caught:
            settings(**changes)

        assert "line" not in str(caught.value)


class TestRequests:
    async def test_exact(self, account, crm):
        """A look-up and one write leave, with the token in a header and nobody in an address."""
        await crm.deliver([lead()], NOW)

        read, write = account.requests
        base = "https://api.hubapi.com/crm/objects/2026-03/contacts/batch"
        assert [f"{base}/read", f"{base}/upsert"] == [str(read.url), str(write.url)]
        assert f"Bearer {TOKEN}" == write.headers["authorization"]
        assert "application/json" == write.headers["content-type"]
        [sent] = json.loads(write.content)["inputs"]
        assert ("leadshare_contact", CONTACT, CONTACT) == (
            sent["idProperty"],
            sent["id"],
            sent["objectWriteTraceId"],
        )

    async def test_texts(self, account):
        """Numbers and flags go out as the texts that HubSpot wants."""
        fields = {"their_score": "score", "their_flag": {"constant": True}}

        outcome = await only(there(account, fields=fields), lead())

        assert isinstance(outcome, Accepted)
        held = sole(account)
        assert ("75", "true") == (held["their_score"], held["their_flag"])

    async def test_nothing_empty(self, account, crm):
        """What a lead does not have is not sent, for an empty text would clear the property."""
        await crm.deliver([lead(phone="", company="", job_title="")], NOW)

        assert not {"phone", "company", "jobtitle"} & sole(account).keys()
        assert all(sole(account).values())

    async def test_nameless(self, account, crm):
        """A new contact without name and e-mail gets a placeholder, for HubSpot asks for one."""
        nobody = lead(email="", first_name="", last_name="")

        assert isinstance(await only(crm, nobody), Accepted)
        assert "(not given)" == sole(account)["lastname"]

    async def test_half_a_name(self, account, crm):
        """An e-mail or a first name is enough, and no placeholder stands beside it."""
        assert isinstance(await only(crm, lead(last_name="")), Accepted)
        assert "lastname" not in sole(account)

    async def test_placeholder_is_for_new_contacts(self, account, crm):
        """The placeholder never replaces a name that is there."""
        account.add(leadshare_contact=CONTACT, lastname="Ofseller")

        assert isinstance(await only(crm, lead(email="", first_name="", last_name="")), Accepted)
        assert "Ofseller" == sole(account)["lastname"]

    async def test_no_contact(self, account, crm):
        """Whoever asks not to be contacted does not become a lead of HubSpot's workflows."""
        await crm.deliver([lead(lane="no_contact", stage="no_contact")], NOW)

        assert "lifecyclestage" not in sole(account)
        assert "no contact" in sole(account)["message"]


class TestPeople:
    async def test_two_leads(self, account, crm):
        """Two leads of one person in one batch make one contact, which tells of the later."""
        early = person(1, 1, listing_title="Early", last_touch="2026-11-20T00:00:00.000Z")
        late = person(1, 2, listing_title="Late")

        reply = await crm.deliver([late, early], NOW)

        assert [Accepted("101"), Accepted("101")] == list(reply.outcomes)
        assert "Late" in sole(account)["message"]

    async def test_second_lead(self, account, crm):
        """A later lead of a person finds the contact, and keeps what it says of the person."""
        account.add(at=BEFORE, leadshare_contact=CONTACT, email=EMAIL, lastname="Newname")

        assert Accepted("101") == await only(crm, lead())
        assert "Newname" == sole(account)["lastname"]
        assert "Head of IT" == sole(account)["jobtitle"]
        assert "Score: 75" in sole(account)["message"]

    async def test_address_stays(self, account, crm):
        """An address that a seller corrected stays, and so does the lifecycle stage."""
        receipt = await made(crm, lead())
        sole(account).update(email="right@fabrikam.example", lifecyclestage="customer")

        assert isinstance(await only(crm, lead(2, 1, receipt, job_title="CIO")), Accepted)
        held = sole(account)
        assert ("right@fabrikam.example", "customer") == (held["email"], held["lifecyclestage"])
        assert "CIO" == held["jobtitle"]

    async def test_deleted(self, account, crm):
        """A contact that a seller deleted is not created anew for the lead that made it."""
        receipt = await made(crm, lead())
        account.records["contacts"][receipt]["archived"] = True

        assert Rejected("deleted_in_crm") == await only(crm, lead(2, 1, receipt))
        assert [] == account.live()

    async def test_deleted_for_one(self, crm):
        """Another lead of that person is a new interest, for which the contact is created."""
        gone, new = replace(person(1, 1), sent=1), person(1, 2)

        reply = await crm.deliver([gone, new], NOW)

        assert (Rejected("deleted_in_crm"), Accepted("101")) == reply.outcomes

    async def test_unsaid(self):
        """Where the look-up says nothing of a contact once written, nothing is written."""
        asked: list[str] = []

        def handle(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.path)
            return httpx.Response(200, json={"results": []})

        assert Deferred("no_answer") == await only(at(handle), lead(2, 1, "101"))
        assert 1 == len(asked)


class TestMerge:
    async def test_by_email(self, account, crm):
        """A contact with the e-mail and without our key gets the key; its gaps alone are filled."""
        known = {"email": EMAIL.title(), "firstname": "Given", "lifecyclestage": "customer"}
        account.add(at=BEFORE, **known, company="Old Ltd", message="older")

        assert Accepted("101") == await only(crm, lead())
        held = sole(account)
        assert known.items() <= held.items()
        assert ("Old Ltd", "Head of IT", CONTACT) == (
            held["company"],
            held["jobtitle"],
            held["leadshare_contact"],
        )
        assert "Score: 75" in held["message"]
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
        receipt = await made(crm, lead())

        assert Accepted("101") == await only(crm, lead(2, 1, receipt, score=99))
        assert "Given" == sole(account)["lastname"]
        assert "Score: 99" in sole(account)["message"]

    async def test_another_person(self, account, crm):
        """A contact that holds another person's id is left alone."""
        account.add(email=EMAIL, leadshare_contact="f" * 32)
        before = json.dumps(account.records)

        assert Rejected("several_in_crm") == await only(crm, lead())
        assert before == json.dumps(account.records)

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


class TestRefusedBatch:
    async def test_bad_ones(self, account, crm):
        """Where one bad record refuses the batch, it is found by halves and rejected alone."""
        account.multi_status = False
        account.refused = {"buyer17@fabrikam.example"}

        reply = await crm.deliver([person(number) for number in range(100)], NOW)

        assert Rejected("hubspot_INVALID_EMAIL") == reply.outcomes[17]
        assert 99 == sum(isinstance(outcome, Accepted) for outcome in reply.outcomes)
        assert account.writes <= CALLS

    async def test_bounded(self, account, crm):
        """Where many are bad, calls are bounded, and what is left costs no attempt."""
        account.multi_status = False
        account.refused = {f"buyer{number}@fabrikam.example" for number in range(100)}

        reply = await crm.deliver([person(number) for number in range(100)], NOW)

        assert CALLS == account.writes
        kinds = set(reply.outcomes)
        assert {Rejected("hubspot_INVALID_EMAIL"), Deferred("batch_refused", counts=False)} == kinds

    async def test_throttled_midway(self, account, crm):
        """What was judged before a throttled call stays judged."""
        account.multi_status = False
        account.refused = {"buyer3@fabrikam.example"}
        account.faults = [Fault.NONE, Fault.NONE, Fault.THROTTLED]

        reply = await crm.deliver([person(number) for number in range(4)], NOW)

        throttled = Deferred("throttled", counts=False)
        assert [Accepted, Accepted] == [type(outcome) for outcome in reply.outcomes[:2]]
        assert (throttled, throttled) == reply.outcomes[2:]
        assert timedelta(seconds=10) == reply.hold
        assert not reply.failing

    async def test_unnamed_error(self):
        """An error that names nobody is found by asking again for those without a result."""
        error = {"category": "VALIDATION_ERROR", "message": "x", "context": {}}
        both = {"results": [result(1)], "errors": [error]}
        crm = answering(
            httpx.Response(207, json=both), httpx.Response(207, json={**both, "results": []})
        )

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Accepted("1"), Rejected("hubspot_VALIDATION_ERROR")) == reply.outcomes


def result(number: int, **changes: Any) -> Properties:
    """What HubSpot answers for one person."""
    trace = {"id": str(number), "objectWriteTraceId": f"{number:032x}"}
    return {**trace, "properties": {"leadshare_contact": f"{number:032x}"}, **changes}


class TestOddAnswers:
    @pytest.mark.parametrize("status", [200, 207])
    async def test_silent(self, status):
        """Empty lists mean that nothing was written, however well they were answered."""
        crm = answering(httpx.Response(status, json={"results": [], "errors": []}))

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("silently_empty"),) == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(200, text="<p>"),
            httpx.Response(200, json=[]),
            httpx.Response(200, json={"results": {}}),
            httpx.Response(204),
        ],
        ids=["page", "list", "no-list", "empty"],
    )
    async def test_unreadable(self, answer):
        """What cannot be read is no acceptance."""
        reply = await answering(answer).deliver([person(1)], NOW)

        assert (Deferred("unreadable_answer"),) == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize(
        "results",
        [
            [result(9)],
            [result(1, id="1 or 2")],
            [result(1, id=None)],
            [result(1, properties={"leadshare_contact": "f" * 32})],
            [result(1, objectWriteTraceId={"not": "a text"})],
            [result(1, objectWriteTraceId=None, properties=None)],
            ["no object"],
        ],
    )
    async def test_somebody_elses(self, results):
        """A result that does not say whose it is, or contradicts itself, is nobody's."""
        crm = answering(httpx.Response(200, json={"results": results}))

        assert not isinstance(await only(crm, person(1)), Accepted)

    async def test_contradiction(self):
        """A result that names two of the records is neither's."""
        both = result(1, properties=result(2)["properties"])
        crm = answering(httpx.Response(200, json={"results": [both]}))

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Deferred("no_answer"),) * 2 == reply.outcomes

    async def test_fewer(self):
        """A record that the answer leaves out is asked again by the next attempt."""
        crm = answering(httpx.Response(200, json={"results": [result(2)]}))

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Deferred("no_answer"), Accepted("2")) == reply.outcomes
        assert not reply.failing

    async def test_more(self):
        """Results that were not asked for change nothing, whatever their order."""
        results = [result(3), result(2), result(1)]
        crm = answering(httpx.Response(200, json={"results": results}))

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Accepted("1"), Accepted("2")) == reply.outcomes

    @pytest.mark.parametrize("without", ["objectWriteTraceId", "properties"])
    async def test_either_name(self, without):
        """Either the trace id or our property is enough to tell whose a result is."""
        told = result(1)
        del told[without]

        outcome = await only(answering(httpx.Response(200, json={"results": [told]})), person(1))

        assert Accepted("1") == outcome

    @pytest.mark.parametrize(
        ("error", "expected"),
        [
            ({"category": "CONFLICT"}, Rejected("duplicate_in_crm")),
            ({"category": "RATE_LIMITS"}, Deferred("throttled", counts=False)),
            ({"category": "OBJECT_NOT_FOUND"}, Deferred("changed_meanwhile")),
            ({"category": "MISSING_SCOPES"}, Deferred("forbidden")),
            ({"category": "VALIDATION_ERROR"}, Rejected("hubspot_VALIDATION_ERROR")),
            (
                {"category": "VALIDATION_ERROR", "errors": [{"code": "INVALID_OPTION"}]},
                Rejected("hubspot_INVALID_OPTION"),
            ),
            (
                {"category": "VALIDATION_ERROR", "errors": [{"code": "sample@x.example"}, 1]},
                Rejected("hubspot_VALIDATION_ERROR"),
            ),
            ({"category": "no code", "errors": 1}, Rejected("hubspot_207")),
            ({}, Rejected("hubspot_207")),
        ],
    )
    async def test_errors(self, error, expected):
        """The error of a record says what becomes of it, in codes and never in HubSpot's words."""
        named = {"context": {"objectWriteTraceId": [f"{1:032x}"]}, "message": EMAIL, **error}
        crm = answering(httpx.Response(207, json={"results": [result(2)], "errors": [named]}))

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (expected, Accepted("2")) == reply.outcomes
        assert not reply.failing


HOUR = timedelta(hours=1)

Case = tuple[httpx.Response, Deferred, timedelta | None, bool]


def limited(policy: str, **headers: str) -> httpx.Response:
    """A 429 under a policy."""
    return httpx.Response(429, json={"policyName": policy}, headers=headers)


CASES: Iterable[Case] = (
    (limited("TEN_SECONDLY_ROLLING"), Deferred("throttled", counts=False), HOUR / 360, False),
    (limited("DAILY"), Deferred("quota_exhausted", counts=False), HOUR, False),
    (limited("SECONDLY"), Deferred("throttled", counts=False), DEFAULT_HOLD, False),
    (
        limited("TEN_SECONDLY_ROLLING", **{"Retry-After": "4"}),
        Deferred("throttled", counts=False),
        timedelta(seconds=4),
        False,
    ),
    (httpx.Response(429), Deferred("throttled", counts=False), DEFAULT_HOLD, False),
    (httpx.Response(423), Deferred("locked", counts=False), timedelta(seconds=2), False),
    (httpx.Response(477), Deferred("migrating", counts=False), HOUR, False),
    (
        httpx.Response(477, headers={"Retry-After": "86400"}),
        Deferred("migrating", counts=False),
        24 * HOUR,
        False,
    ),
    (httpx.Response(401), Deferred("unauthorised"), None, True),
    (httpx.Response(403), Deferred("forbidden"), None, True),
    (httpx.Response(404), Deferred("http_404"), None, True),
    (httpx.Response(415), Deferred("http_415"), None, True),
    (httpx.Response(301), Deferred("redirected"), None, True),
    *(
        (httpx.Response(status), Deferred(f"http_{status}"), None, True)
        for status in (500, 502, 503, 504, 521, 522, 523, 524)
    ),
)


class TestStatuses:
    @pytest.mark.parametrize(("answer", "outcome", "hold", "failing"), CASES)
    @pytest.mark.parametrize("read", [True, False], ids=["look-up", "write"])
    async def test_whole(self, answer, outcome, hold, failing, read):
        """Each status that judges no record has its outcome, whichever call it answers."""
        crm = at(lambda _: answer) if read else answering(answer)

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert Reply((outcome, outcome), answer.status_code, hold, failing) == reply

    @pytest.mark.parametrize(
        ("status", "reason"),
        [(400, "hubspot_400"), (409, "duplicate_in_crm"), (413, "hubspot_413")],
    )
    async def test_record(self, status, reason):
        """What refuses a batch of one rejects that one."""
        assert Rejected(reason) == await only(answering(httpx.Response(status)), lead(email=""))

    async def test_no_such_key(self, account):
        """A key that is not there, or not unique, is HubSpot's set-up at fault and no lead."""
        reply = await there(account, key="company").deliver([person(1), person(2)], NOW)

        assert (Deferred("key_missing"),) * 2 == reply.outcomes
        assert reply.failing
        assert 1 == len(account.requests)

    async def test_look_up_refused(self):
        """A look-up that is refused for another reason rejects nobody."""
        reply = await at(lambda _: httpx.Response(400)).deliver([person(1)], NOW)

        assert (Deferred("http_400"),) == reply.outcomes
        assert reply.failing


class TestLeads:
    async def test_created(self, account, sales):
        """A lead of its own hangs on the contact of its person."""
        outcome = await only(sales, lead())

        held = sole(account, "leads")
        assert ("Contoso Invoice Robot", "HOT", LEAD) == (
            held["hs_lead_name"],
            held["hs_lead_label"],
            held["leadshare_id"],
        )
        assert Accepted("102") == outcome
        assert {"102": "101"} == account.associations

    async def test_two(self, account, sales):
        """Two leads of one person are two records on one contact."""
        reply = await sales.deliver([person(1, 1), person(1, 2)], NOW)

        assert (Accepted("102"), Accepted("103")) == reply.outcomes
        assert {"102": "101", "103": "101"} == account.associations

    async def test_updated(self, account, sales):
        """A later version changes the lead that is there, and moves it to no other stage."""
        receipt = await made(sales, lead())
        sole(account, "leads")["hs_pipeline_stage"] = "connected-stage-id"

        assert Accepted("102") == await only(sales, lead(2, 1, receipt, stage="nurture"))
        held = sole(account, "leads")
        assert ("WARM", "connected-stage-id") == (held["hs_lead_label"], held["hs_pipeline_stage"])

    @pytest.mark.parametrize("stage", ["qualified-stage-id", "unqualified-stage-id"])
    async def test_closed(self, account, sales, stage):
        """A lead that was qualified or disqualified is left as it is."""
        receipt = await made(sales, lead())
        sole(account, "leads")["hs_pipeline_stage"] = stage

        outcome = await only(sales, lead(2, 1, receipt, stage="nurture"))

        assert Rejected("closed_in_crm") == outcome
        assert "HOT" == sole(account, "leads")["hs_lead_label"]

    async def test_deleted(self, account, sales):
        """A lead that a seller deleted is not created anew."""
        receipt = await made(sales, lead())
        account.records["leads"][receipt]["archived"] = True

        assert Rejected("deleted_in_crm") == await only(sales, lead(2, 1, receipt))
        assert [] == account.live("leads")

    async def test_configured_later(self, crm, sales):
        """A lead delivered before the leads object was configured gets its record at last."""
        receipt = await made(crm, lead())

        assert Accepted("102") == await only(sales, lead(2, 1, receipt))

    async def test_lost_answer(self, account, sales):
        """A creation whose answer was lost is looked up and never repeated."""
        account.faults = [Fault.NONE, Fault.LOST_AFTER]

        assert Deferred("connection_lost") == await only(sales, lead())
        assert Accepted("102") == await only(sales, replace(lead(), attempts=1))
        assert 1 == len(account.live("leads"))

    async def test_created_meanwhile(self, account):
        """Our unique key forbids a second lead, where the look-up did not see the first."""
        original = account.handle

        def handle(request: httpx.Request) -> httpx.Response:
            answer: httpx.Response = original(request)
            if request.url.path.endswith("leads/batch/read"):
                account.add("leads", leadshare_id=LEAD)
            return answer

        account.handle = handle
        crm = there(account, lead_object=True)

        assert Deferred("changed_meanwhile") == await only(crm, lead())
        assert 1 == len(account.live("leads"))

    async def test_nameless(self, account, sales):
        """A lead without any listing gets a placeholder for the name that HubSpot asks for."""
        assert isinstance(await only(sales, lead(listing="", listing_title="")), Accepted)
        assert "(not given)" == sole(account, "leads")["hs_lead_name"]

    async def test_own_fields(self, account):
        """The leads object has a mapping of its own."""
        crm = there(account, lead_object=True, lead_fields={"interest": "summary"})

        await crm.deliver([lead()], NOW)

        assert "Score: 75" in sole(account, "leads")["interest"]

    async def test_refused_contact(self, account, sales):
        """Without a contact there is no lead."""
        account.refused = {EMAIL}

        assert Rejected("hubspot_INVALID_EMAIL") == await only(sales, lead())
        assert [] == account.live("leads")

    async def test_not_bought(self, account, sales):
        """An account without the leads object keeps its contacts and lets the leads wait."""
        account.scopes.remove("leads")

        reply = await sales.deliver([lead()], NOW)

        assert (Deferred("forbidden"),) == reply.outcomes
        assert reply.failing

    async def test_landing(self, account, sales):
        """The lead's own record is what is read back."""
        receipt = await made(sales, lead())
        sent = lead(1, 1, receipt)

        assert (Accepted("102"),) == (await sales.check([sent], NOW)).outcomes
        account.records["leads"]["102"]["archived"] = True
        assert (Rejected(MISSING),) == (await sales.check([sent], NOW)).outcomes

    async def test_erased(self, account, sales):
        """A canary's lead and contact are both taken away."""
        await sales.deliver([lead()], NOW)

        await sales.erase(lead(), NOW)

        assert ([], []) == (account.live(), account.live("leads"))


class TestReadBack:
    async def test_unsaid(self):
        """An answer that names nobody proves nothing: neither that a record is there nor not."""
        crm = at(lambda _: httpx.Response(200, json={"results": []}))

        reply = await crm.check([person(1)], NOW)

        assert (Deferred("no_answer"),) == reply.outcomes
        assert reply.failing

    async def test_throttled(self):
        """A throttled look-up holds the lane, too."""
        reply = await at(lambda _: limited("DAILY")).check([person(1), person(2)], NOW)

        assert (Deferred("quota_exhausted", counts=False),) * 2 == reply.outcomes
        assert HOUR == reply.hold

    async def test_people(self, crm):
        """Two leads of one person are both found by one contact."""
        both = [person(1, 1), person(1, 2)]
        await crm.deliver(both, NOW)

        assert (Accepted("101"), Accepted("101")) == (await crm.check(both, NOW)).outcomes


class TestDescribe:
    async def test_fields(self, crm):
        """Types, options, and what may be written are read from the properties."""
        fields = (await crm.describe(NOW)).fields or {}

        text = FieldFacts(length=65_536)
        options = frozenset({"subscriber", "lead", "customer", "other"})
        assert text == fields["company"]
        assert FieldFacts(choices=options) == fields["lifecyclestage"]
        assert FieldFacts() == fields["hubspot_owner_id"]
        assert FieldFacts(kind="number") == fields["their_score"]
        assert FieldFacts(kind="boolean") == fields["their_flag"]
        assert not fields["createdate"].writable
        assert "long_gone" not in fields

    @pytest.mark.parametrize(
        ("changes", "unique"),
        [
            ({}, True),
            ({"key": "company"}, False),
            ({"key": "nowhere"}, False),
            ({"lead_object": True}, True),
            ({"lead_object": True, "lead_key": "interest"}, False),
            ({"lead_key": "interest"}, True),
        ],
    )
    async def test_keys(self, account, changes, unique):
        """A key that is not unique is told before it loses a lead."""
        description = await there(account, **changes).describe(NOW)

        assert unique is description.key_unique

    async def test_wrong_option(self, account):
        """A value that is no option is told by name."""
        crm = there(account, fields={"lifecyclestage": {"constant": "prospect"}})
        values = [crm.values(lead())]

        description = await crm.describe(NOW)
        [finding] = findings(description, values, crm.mapping, frozenset({"lifecyclestage"}), NOW)

        assert ("value_not_allowed", "prospect") == (finding.problem, finding.value)

    async def test_leads_object(self, account):
        """What the leads object would refuse is told as its own, where it is written."""
        wrong = {"hs_lead_label": {"constant": "TEPID"}, "gone": "stage", "interest": "email"}

        found = await inspect(
            there(account, lead_object=True, lead_fields=wrong), [lead(), lead()], NOW
        )
        without = await inspect(there(account, lead_fields=wrong), [lead()], NOW)

        assert [
            Finding("field_missing", "leads.gone", leads=2),
            Finding("value_not_allowed", "leads.hs_lead_label", "TEPID", 2),
        ] == found
        assert [] == without

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (httpx.Response(401), "unauthorised"),
            (httpx.Response(403), "forbidden"),
            (httpx.Response(503), "http_503"),
            (httpx.Response(200, text="<p>"), "unreadable_answer"),
        ],
    )
    async def test_no_way_in(self, answer, reason):
        """Where the properties cannot be read, the reason is told."""
        with pytest.raises(SignInFailed) as caught:
            await at(lambda _: answer).describe(NOW)

        assert reason == caught.value.reason


class TestErase:
    @pytest.mark.parametrize(
        "handle",
        [
            lambda _: httpx.Response(503),
            lambda request: (
                httpx.Response(403)
                if request.method == "DELETE"
                else httpx.Response(200, json={"results": [result(1, createdAt=AFTER)]})
            ),
        ],
        ids=["look-up", "delete"],
    )
    async def test_refused(self, handle):
        """What could not be taken away is told."""
        with pytest.raises(SignInFailed, match="erase_refused"):
            await at(handle).erase(person(1), NOW)

    async def test_merged(self, account, crm):
        """A contact that was there before us is never taken away."""
        account.add(at=BEFORE, email=EMAIL)
        await crm.deliver([lead()], NOW)

        with pytest.raises(SignInFailed, match="erase_refused"):
            await crm.erase(lead(), NOW)
        assert 1 == len(account.live())

    async def test_nothing_there(self, account, crm):
        """What is not there needs no erasing."""
        await crm.erase(person(1), NOW)

        assert ["contacts/batch/read"] == paths(account)
