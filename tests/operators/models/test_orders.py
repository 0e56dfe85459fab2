"""Requests: orders to replay and to enable, which are only counted unless told otherwise."""

from __future__ import annotations

from operator import attrgetter

import pytest

from leadshare.deliveries.delivery import Rejected
from leadshare.errors import ConfigurationError, Unknown
from tests.operators.requests import Configured, body, wrong

WHAT = "what: expected one of deliveries, quarantine, unrouted, notice_only"


CODE = "expected a text of at most 256 letters, digits, and the signs _ . -"
WHO = "by: expected who asks for this, for the record, in at most 200 characters"
ALL = "all: expected true, for neither lead, destination nor reason is given"
REPLAY = "by, what, lead, destination, reason, touch, since, until, dry_run, all, token"


class TestReplay:
    @pytest.fixture(name="parked")
    async def _parked(self, requests, office):
        """A desk with one delivery that is parked, and one touch in quarantine."""
        await office.take(1)
        await office.finish("crm", Rejected("bad"))
        await office.take(2, b"no json")
        return requests

    async def test_counted_unless_told(self, parked, office):
        """A replay is a dry run unless it is told to be none."""
        before = dict(office.table.rows)

        answer = await parked.orders.replay(body(all=True))

        assert (True, 1, 0) == (answer["dry_run"], answer["matched"], answer["replayed"])
        assert before == office.table.rows

    async def test_really(self, parked, office):
        """Told so, it makes due what was parked."""
        answer = await parked.orders.replay(body(dry_run=False, destination="crm", reason="bad"))

        assert (1, 1) == (answer["matched"], answer["replayed"])
        assert [] == office.table.values("parked")

    @pytest.mark.parametrize(
        ("asked", "matched"),
        [
            pytest.param({"reason": "other"}, 0, id="reason"),
            pytest.param({"destination": "sellers"}, 0, id="destination"),
            pytest.param({"since": "2026-11-22T12:01:00Z"}, 1, id="since"),
            pytest.param({"since": "2026-11-22T12:01:00.001Z"}, 0, id="since-later"),
            pytest.param({"until": "2026-11-22T12:01:00Z"}, 0, id="until"),
            pytest.param({"until": "2300-01-01T00:00:00Z"}, 1, id="until-far-away"),
            pytest.param({"since": "0001-01-01T00:00:00+14:00"}, 1, id="since-all-times"),
            pytest.param({"since": None, "until": "", "destination": None}, 1, id="nothing"),
        ],
    )
    async def test_window(self, parked, asked, matched):
        """Destination, reason and times narrow a replay."""
        assert matched == (await parked.orders.replay(body(**({"all": True} | asked))))["matched"]

    async def test_quarantine(self, parked):
        """Quarantine can be classified again."""
        answer = await parked.orders.replay(body(what="quarantine"))

        assert ("quarantine", 1) == (answer["what"], answer["matched"])

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            pytest.param({"what": "delivery"}, f'{WHAT}; there is "delivery"', id="what"),
            pytest.param(
                {"what": "canary@x.example"}, f"{WHAT}; there is this value", id="what-person"
            ),
            pytest.param({"what": ["canary"]}, WHAT, id="what-list"),
            pytest.param(
                {"what": "unrouted", "reason": "bad"},
                "reason: expected nothing, for what is unrouted has none",
                id="reason-of-a-lead",
            ),
            pytest.param(
                {"what": "notice_only", "destination": "crm"},
                "destination: expected nothing, for what is notice_only has none",
                id="destination-of-a-lead",
            ),
            pytest.param({"dry_run": "canary"}, "dry_run: expected true or false", id="dry-run"),
            pytest.param({"dry_run": 0}, "dry_run: expected true or false", id="dry-run-number"),
            pytest.param({"dry_run": None}, "dry_run: expected true or false", id="dry-run-null"),
            pytest.param(
                {"since": "canary"},
                "since: expected a time such as 2026-01-31T12:00:00Z",
                id="since",
            ),
            pytest.param(
                {"until": {"canary": 1}},
                "until: expected a time such as 2026-01-31T12:00:00Z",
                id="until",
            ),
            pytest.param({"by": ""}, WHO, id="nobody"),
            pytest.param({"by": " "}, WHO, id="blank"),
            pytest.param({"by": ["canary"]}, WHO, id="list"),
            pytest.param({"by": "canary" * 34}, WHO, id="long"),
            pytest.param({"by": 0}, WHO, id="number"),
            pytest.param({"reason": 10**400}, f"reason: {CODE}", id="large-number"),
            pytest.param({"by": "\ud800"}, WHO, id="half-a-character"),
            pytest.param({}, ALL, id="nothing"),
            pytest.param({"all": False, "since": "2026-11-22"}, ALL, id="since-only"),
            pytest.param({"all": "true"}, "all: expected true or false", id="all-text"),
            pytest.param(
                {"destinaton": "crm"},
                f'destinaton: no such key; did you mean "destination"? known: {REPLAY}',
                id="mistyped",
            ),
            pytest.param(
                {"canary@x.example": 1}, f"(a key): no such key; known: {REPLAY}", id="key-person"
            ),
            pytest.param({"\ud800": 1}, f"(a key): no such key; known: {REPLAY}", id="half-a-key"),
            pytest.param(
                {"since": "2026-11-22", "until": "2026-11-22T00:00:00Z", "all": True},
                "until: expected a time after that of since",
                id="until-since",
            ),
            pytest.param(
                {"what": "quarantine", "destination": "crm"},
                "destination: expected nothing, for what is quarantine has none",
                id="destination-of-quarantine",
            ),
            pytest.param({"reason": ["canary"]}, f"reason: {CODE}", id="reason-list"),
            pytest.param({"reason": "canary@x.example"}, f"reason: {CODE}", id="reason-person"),
            pytest.param({"destination": {"canary": 1}}, f"destination: {CODE}", id="destination"),
        ],
    )
    async def test_wrong(self, parked, asked, said):
        """What is wrong with an order is named, with what is expected."""
        assert said == await wrong(parked.orders.replay(body(**asked)))

    @pytest.mark.parametrize(
        "sent", [b"", b"canary", b"[]", b"[" * 20_000, b"null"], ids=lambda sent: sent[:6].decode()
    )
    @pytest.mark.parametrize("ask", ["orders.replay", "orders.enable"])
    async def test_no_order(self, requests, ask, sent):
        """What is no JSON object is no order."""
        assert "body: expected a JSON object" == await wrong(attrgetter(ask)(requests)(sent))

    async def test_wrong_configuration(self, office):
        """Deliveries can be replayed under a wrong configuration; quarantine cannot."""

        def configured() -> Configured:
            raise ConfigurationError("leadshare.toml: wrong")

        requests = office.requests(configured)

        assert 0 == (await requests.orders.replay(body(all=True)))["matched"]

        with pytest.raises(ConfigurationError):
            await requests.orders.replay(body(what="quarantine"))


class TestEnable:
    async def test_enable(self, requests):
        """A destination is enabled by its name."""
        assert {
            "destination": "crm",
            "enabled": True,
            "replayed": 0,
            "parked": 0,
        } == await requests.orders.enable(body(destination="crm"))

    @pytest.mark.parametrize("name", [None, "", ["canary"], {"canary": 1}, True], ids=str)
    async def test_wrong(self, requests, name):
        """Without a name nothing is enabled."""
        assert f"destination: {CODE}" == await wrong(requests.orders.enable(body(destination=name)))

    async def test_unknown(self, requests):
        """A name that no destination has is told, with those that there are."""
        with pytest.raises(Unknown) as caught:
            await requests.orders.enable(body(destination="other"))

        assert 'destination: expected one of crm, sellers; there is "other"' == str(caught.value)
