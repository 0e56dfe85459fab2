"""Partner Center's API: tokens are kept and renewed, lists are read whole, answers are judged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from leadshare.client.errors import SignInFailed
from leadshare.deliveries.delivery import Deferred, Rejected
from leadshare.destinations.partner_center.answers import refusal_of
from leadshare.destinations.replies import DEFAULT_HOLD, every
from leadshare.partner_center.answers import Unusable, meaning
from leadshare.partner_center.api import (
    PAGES,
    REFRESHABLE,
    AppUser,
    PartnerCenter,
    TooMany,
    is_id,
    operations,
)
from tests.builders import NOW, delivery
from tests.destinations.simulators import partner_center as simulated
from tests.destinations.simulators.partner_center import SIGN_IN, failure

Answer = Callable[[httpx.Request], httpx.Response]
NEW, ID = "status eq 'New'", ("id",)


@pytest.fixture(name="account")
def _account() -> simulated.PartnerCenter:
    return simulated.PartnerCenter()


def center_of(handle: Answer, account: simulated.PartnerCenter) -> PartnerCenter:
    """A client whose calls *handle* answers."""
    user = AppUser.model_validate(account.USER, context=account.ENVIRONMENT)
    return PartnerCenter(user, httpx.AsyncClient(transport=httpx.MockTransport(handle)), 30)


@pytest.fixture(name="center")
def _center(account: simulated.PartnerCenter) -> PartnerCenter:
    return center_of(account.handle, account)


def instead(account: simulated.PartnerCenter, *answers: httpx.Response) -> PartnerCenter:
    """A client that signs in, and gets these answers afterwards."""
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        return account.handle(request) if str(request.url) == SIGN_IN else left.pop(0)

    return center_of(handle, account)


def sign_ins(account: simulated.PartnerCenter) -> list[str]:
    """The refresh tokens that were redeemed."""
    forms = [r.content.decode() for r in account.requests if str(r.url) == SIGN_IN]
    return [dict(httpx.QueryParams(form))["refresh_token"] for form in forms]


def refused(words: str) -> dict[str, str]:
    """A refusal of Microsoft Entra's."""
    return {"error": "invalid_grant", "error_description": words}


class TestSignIn:
    async def test_once(self, account, center):
        """One token serves until shortly before it ends."""
        await center.search(NEW, NOW, ID)
        await center.search(NEW, NOW + timedelta(minutes=50), ID)
        assert 1 == account.sign_ins

        await center.search(NEW, NOW + timedelta(minutes=56), ID)
        assert 2 == account.sign_ins

    async def test_rotated(self, account, center):
        """The refresh token that comes with a token is the next to be redeemed."""
        await center.search(NEW, NOW, ID)
        await center.search(NEW, NOW + timedelta(hours=1), ID)

        assert ["refresh-0", "refresh-1"] == sign_ins(account)

    async def test_rotated_is_refused(self, account, center):
        """Where the newer one is refused, the configured one is tried again, at the next
        attempt.
        """
        await center.search(NEW, NOW, ID)
        account.refreshes = {"refresh-0"}
        with pytest.raises(SignInFailed) as caught:
            await center.search(NEW, NOW + timedelta(hours=1), ID)
        assert "sign_in_failed" == caught.value.reason

        await center.search(NEW, NOW + timedelta(hours=1), ID)

        assert ["refresh-0", "refresh-1", "refresh-0"] == sign_ins(account)

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(503),
            httpx.Response(429),
            httpx.Response(400, json=refused("AADSTS50196: a client request loop")),
            httpx.Response(400, json=refused("AADSTS7000222: the client secret has expired")),
        ],
        ids=["down", "throttled", "dressed", "secret"],
    )
    async def test_rotated_stays(self, account, center, answer):
        """Unless it is known to be dead, the newer one stays."""
        await center.search(NEW, NOW, ID)
        working, account.answer = account.answer, lambda *_, **__: answer
        with pytest.raises(SignInFailed):
            await center.search(NEW, NOW + timedelta(hours=1), ID)
        account.answer = working

        await center.search(NEW, NOW + timedelta(hours=1), ID)

        assert ["refresh-0", "refresh-1", "refresh-1"] == sign_ins(account)

    async def test_no_rotation(self, account):
        """Where none comes with the token, the old one goes on."""

        def handle(request: httpx.Request) -> httpx.Response:
            account.requests.append(request)
            if str(request.url) == SIGN_IN:
                return httpx.Response(200, json={"access_token": "t"})
            return httpx.Response(200, json={"value": []})

        center = center_of(handle, account)
        await center.search(NEW, NOW, ID)
        await center.search(NEW, NOW + timedelta(hours=1), ID)

        assert ["refresh-0", "refresh-0"] == sign_ins(account)

    def test_user(self, account):
        """Who signs in is checked, and no secret is shown."""
        user = {**account.USER, "refresh_token_issued": date(2026, 11, 1)}
        shown = repr(AppUser.model_validate(user, context=account.ENVIRONMENT))

        assert "refresh-0" not in shown
        for name in account.USER:
            lacking = {key: value for key, value in account.USER.items() if key != name}
            with pytest.raises(ValueError, match=name):
                AppUser.model_validate(lacking, context=account.ENVIRONMENT)
        with pytest.raises(ValueError, match="tenant_id"):
            AppUser.model_validate(
                {**account.USER, "tenant_id": "a/b"}, context=account.ENVIRONMENT
            )
        assert timedelta(days=90) == REFRESHABLE


class TestSearch:
    async def test_pages(self, account, center):
        """A list is followed to its end, by our own address whatever the link says."""
        account.PAGE = 2
        ids = {account.add(type="Independent") for _ in range(5)}

        found = await center.search(NEW, NOW, ID)

        assert ids == {row["id"] for row in found}
        assert 5 == len(found)
        urls = [str(r.url.copy_with(query=None)) for r in account.requests if r.method == "GET"]
        assert 3 == len(urls)
        assert {"https://api.partner.microsoft.com/v1.0/engagements/referrals"} == {*urls}

    async def test_too_many(self, account, center):
        """A list that does not end is no answer."""
        account.PAGE = 1
        for _ in range(PAGES + 1):
            account.add()
        with pytest.raises(TooMany):
            await center.search(NEW, NOW, ID)

        del account.rows[next(iter(account.rows))]
        assert PAGES == len(await center.search(NEW, NOW, ID))

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(httpx.Response(200, text="<p>hello</p>"), id="page"),
            pytest.param(httpx.Response(200, json=[]), id="array"),
            pytest.param(httpx.Response(200, json={}), id="nothing"),
            pytest.param(httpx.Response(200, json={"value": {}}), id="object"),
            pytest.param(httpx.Response(200, json={"value": ["x"]}), id="text"),
            pytest.param(httpx.Response(200, json={"value": [{}]}), id="no-id"),
            pytest.param(httpx.Response(200, json={"value": [{"id": "../x"}]}), id="odd-id"),
            pytest.param(
                httpx.Response(200, json={"value": [], "@odata.nextLink": 7}), id="odd-link"
            ),
            pytest.param(
                httpx.Response(200, json={"value": [], "@odata.nextLink": "https://x/?a=b"}),
                id="link-without-token",
            ),
            pytest.param(
                httpx.Response(200, json={"value": [], "@odata.nextLink": "http://[x"}),
                id="broken-link",
            ),
            pytest.param(failure(400, "invalidRequest"), id="refused"),
        ],
    )
    async def test_unreadable(self, account, answer):
        """What is no list is no empty one."""
        with pytest.raises(Unusable):
            await instead(account, answer).search(NEW, NOW, ID)


class TestCalls:
    async def test_headers(self, account, center):
        """Each call has an id of its own, the token, and says what it takes."""
        identity = account.add()
        await center.get(identity, NOW)
        await center.get(identity, NOW)

        *_, one, other = account.requests
        assert one.headers["client-request-id"] != other.headers["client-request-id"]
        assert "Bearer token-1" == one.headers["authorization"]
        assert "application/json" == one.headers["accept"]

    async def test_patch(self, account, center):
        """A change names the etag that it was made under, and asks to see what came of it."""
        identity = account.add(customerProfile={}, name="Before")
        row = await center.get(identity, NOW)
        changed = operations(row, {"/name": "After"})

        answer = await center.patch(identity, row["eTag"], changed, NOW)

        assert "After" == answer["name"] == account.rows[identity]["name"]
        request = account.requests[-1]
        assert row["eTag"] == request.headers["if-match"]
        assert "return=representation" == request.headers["prefer"]

    async def test_no_content(self, account):
        """204 is the answer of a change that is not shown."""
        answered = await instead(account, httpx.Response(204)).patch("a-1", '"1"', [], NOW)

        assert {} == answered

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(httpx.Response(200, json={"id": "a-1"}), id="no-etag"),
            pytest.param(httpx.Response(200, json={"id": "a-1", "eTag": 'x"\r\n'}), id="odd-etag"),
            pytest.param(httpx.Response(200, json={"id": "b-2", "eTag": '"1"'}), id="another"),
            pytest.param(httpx.Response(200, json={"eTag": '"1"'}), id="no-id"),
            pytest.param(httpx.Response(204), id="nothing"),
        ],
    )
    async def test_unreadable(self, account, answer):
        """An answer that is not the referral that was asked for is none."""
        with pytest.raises(Unusable):
            await instead(account, answer).get("a-1", NOW)

    async def test_etag_in_header(self, account):
        """The etag may be in a header (headers.md)."""
        answer = httpx.Response(200, json={"id": "A-1"}, headers={"ETag": 'W/"7"'})

        assert 'W/"7"' == (await instead(account, answer).get("a-1", NOW))["eTag"]

    async def test_created_without_id(self, account):
        """What was created must be told."""
        with pytest.raises(Unusable):
            await instead(account, httpx.Response(201, json={})).create({}, NOW)

    @pytest.mark.parametrize("odd", ["", "..", "a/b", "a?b", "x" * 65, "ä", 7, None])
    async def test_ids(self, center, odd):
        """What can be no id is put in no address."""
        assert not is_id(odd)
        if isinstance(odd, str):
            with pytest.raises(ValueError, match="id"):
                await center.get(odd, NOW)


class TestOperations:
    def test_operations(self):
        """What is there is replaced, what is missing is added, what is the same is left alone."""
        row = {"a": "x", "b": None, "c": {"d": [{"e": "f"}]}}
        wanted: dict[str, Any] = {
            "/a": "x",
            "/b": "y",
            "/c/d/0/e": "g",
            "/c/d/-": {"e": "h"},
            "/c/d/1/e": "i",
            "/n": False,
        }

        told = [(o["op"], o["path"], o["value"]) for o in operations(row, wanted)]

        assert [
            ("add", "/b", "y"),
            ("replace", "/c/d/0/e", "g"),
            ("add", "/c/d/-", {"e": "h"}),
            ("add", "/c/d/1", {"e": "i"}),
            ("add", "/n", False),
        ] == told

    def test_holders(self):
        """What would hold a value is added with it, once for all that it holds."""
        wanted = {"/a/b/c": 1, "/a/b/d": 2, "/e": 3, "/g/h": 4}

        told = [(o["op"], o["path"], o["value"]) for o in operations({"a": {}, "g": None}, wanted)]

        assert [
            ("add", "/a/b", {"c": 1, "d": 2}),
            ("add", "/e", 3),
            ("add", "/g", {"h": 4}),
        ] == told


class TestRefusal:
    @pytest.mark.parametrize(
        ("status", "code", "outcome", "failing"),
        [
            (400, "invalidRequest", Rejected("partner_center_invalidRequest"), False),
            (400, "generalException", Deferred("http_500"), True),
            (400, "serviceNotAvailable", Deferred("http_503"), True),
            (400, "resourceModified", Deferred("changed_meanwhile"), False),
            (400, "preconditionFailed", Deferred("changed_meanwhile"), False),
            (400, "unauthenticated", Deferred("unauthorised"), True),
            (400, "unAuthorized", Deferred("unauthorised"), True),
            (400, "accessDenied", Deferred("forbidden"), True),
            (400, "itemNotFound", Deferred("http_404"), True),
            (400, "somethingNew", Deferred("partner_center_somethingNew"), False),
            (400, "A message, of fabrikam.example", Deferred("partner_center_400"), False),
            (400, "", Deferred("partner_center_400"), False),
            (401, "unauthenticated", Deferred("unauthorised"), True),
            (403, "accessDenied", Deferred("forbidden"), True),
            (404, "itemNotFound", Deferred("http_404"), True),
            (405, "", Deferred("partner_center_405"), False),
            (406, "", Deferred("partner_center_406"), False),
            (408, "", Deferred("timeout"), True),
            (409, "resourceModified", Deferred("changed_meanwhile"), False),
            (409, "generalException", Deferred("changed_meanwhile"), False),
            (410, "", Deferred("http_410"), True),
            (411, "", Deferred("partner_center_411"), False),
            (412, "preconditionFailed", Deferred("changed_meanwhile"), False),
            (413, "", Deferred("partner_center_413"), False),
            (415, "invalidRequest", Rejected("partner_center_invalidRequest"), False),
            (416, "", Deferred("partner_center_416"), False),
            (422, "invalidRequest", Rejected("partner_center_invalidRequest"), False),
            (423, "", Deferred("locked"), False),
            (429, "", Deferred("throttled", counts=False), False),
            (500, "generalException", Deferred("http_500"), True),
            (501, "", Deferred("http_501"), True),
            (503, "serviceNotAvailable", Deferred("http_503"), True),
            (504, "", Deferred("http_504"), True),
            (507, "", Deferred("http_507"), True),
            (509, "", Deferred("throttled", counts=False), False),
            (302, "", Deferred("redirected"), True),
            (200, "", Deferred("unreadable_answer"), True),
        ],
    )
    def test_rows(self, status, code, outcome, failing):
        """Each status and code of error-codes.md means what it says."""
        reply = every([delivery()], refusal_of(Unusable(failure(status, code)), NOW))

        assert ((outcome,), failing, False) == (reply.outcomes, reply.failing, reply.gone)

    @pytest.mark.parametrize("status", [429, 503, 509])
    def test_hold(self, status):
        """Who says for how long to wait is heard."""
        told = failure(status, "", {"Retry-After": "40"})

        assert timedelta(seconds=40) == refusal_of(Unusable(told), NOW).hold
        vague = refusal_of(Unusable(failure(status, "")), NOW).hold
        assert (None if status == 503 else DEFAULT_HOLD) == vague

    def test_gone(self):
        """A referral is gone by status or by code."""
        gone = [failure(404, ""), failure(410, ""), failure(400, "itemNotFound")]

        assert [True] * 3 == [Unusable(one).gone for one in gone]
        assert not Unusable(failure(403, "itemNotFound")).gone

    def test_message(self):
        """What an error says in words is repeated nowhere."""
        error = Unusable(failure(400, "invalidRequest"))

        assert "fabrikam" not in f"{error!r}{error}"
        assert 400 == meaning(error.response)
