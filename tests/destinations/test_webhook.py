"""The webhook destination: Standard Webhooks 1.0.0, checked by its own library."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Reply
from leadshare.deliveries.record import Entry
from leadshare.destinations.webhook import (
    LARGEST_STORY,
    LONGEST_WORDS,
    Webhook,
    WebhookSettings,
)
from tests.builders import LEAD, NOW, delivery, entry, record

SECRET = "whsec_" + base64.b64encode(b"n" * 32).decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"o" * 24).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"x" * 64).decode()
ENVIRONMENT = {"HOOK": SECRET, "HOOK_OLD": OLD_SECRET, "HOOK_OTHER": OTHER_SECRET}
ROTATING: dict[str, Any] = {
    "previous_secret": "HOOK_OLD",
    "previous_secret_until": date(2999, 12, 31),
}


def settings(environment: dict[str, str] = ENVIRONMENT, **changes: Any) -> WebhookSettings:
    """Settings of a receiver, read as from the configuration file."""
    values = {
        "name": "crm",
        "type": "webhook",
        "url": "https://hooks.example/leads",
        "secret": "HOOK",
    }
    return WebhookSettings.model_validate(values | changes, context=environment)


class Receiver:
    """A receiver that keeps what it gets and answers as it is told."""

    def __init__(self, response: httpx.Response | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.response = response or httpx.Response(200)

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Keep *request*."""
        self.requests.append(request)
        return self.response

    async def get(
        self, what: Delivery, now: datetime = NOW, using: WebhookSettings | None = None
    ) -> Reply:
        """Have *what* delivered here."""
        async with httpx.AsyncClient(transport=httpx.MockTransport(self.handle)) as client:
            return await Webhook(using or settings(), client).deliver([what], now)


def verify(secret: str, request: httpx.Request) -> Any:
    """Read *request* as a receiver with *secret* does."""
    return Verifier(secret).verify(request.content, dict(request.headers))


async def test_verifies() -> None:
    """The specification's own library verifies the event and reads the record in it."""
    receiver = Receiver()

    await receiver.get(delivery(), datetime.now(UTC))

    (request,) = receiver.requests
    event = verify(SECRET, request)
    assert "POST https://hooks.example/leads" == f"{request.method} {request.url}"
    assert "application/json" == request.headers["content-type"]
    assert {**record(), "story": []} == event["data"]


async def story(*entries: Entry) -> dict[str, Any]:
    """What an event tells of these *entries*, oldest first."""
    receiver = Receiver()
    await receiver.get(delivery(entries=entries))
    data: dict[str, Any] = json.loads(receiver.requests[0].content)["data"]
    return {name: data[name] for name in ("story", "story_cut") if name in data}


async def test_story() -> None:
    """An event tells what the customer did since the version that was taken last, newest first."""
    first, second = entry(touch="1" * 32, words="One"), entry(touch="2" * 32, words="Two")

    assert {"story": [second, first]} == await story(first, second)


async def test_long_story() -> None:
    """Of a story that would make the event too large, the newest entries are told."""
    many = [entry(touch=f"{number:032x}", words="\u00e9" * 3000) for number in range(5)]

    assert {"story": [many[4], many[3]], "story_cut": True} == await story(*many)
    assert LARGEST_STORY > len(json.dumps(many[3:], ensure_ascii=False).encode())


async def test_long_words() -> None:
    """Words that are too large alone are told as far as they go."""
    told = await story(entry(), entry(words="\u20ac" * 9000))

    assert {"story": [entry(words="\u20ac" * LONGEST_WORDS)], "story_cut": True} == told


async def test_changed_body() -> None:
    """An event whose body was changed on its way does not verify."""
    receiver = Receiver()

    await receiver.get(delivery(), datetime.now(UTC))

    (request,) = receiver.requests
    changed = request.content.replace(b"Sample", b"Inez")
    assert changed != request.content
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Verifier(SECRET).verify(changed, dict(request.headers))


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp"])
async def test_changed_header(header: str) -> None:
    """An event under another id or time does not verify."""
    receiver = Receiver()

    await receiver.get(delivery(), datetime.now(UTC))

    (request,) = receiver.requests
    headers = dict(request.headers)
    headers[header] = headers[header][:-1] + ("8" if headers[header][-1] == "9" else "9")
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Verifier(SECRET).verify(request.content, headers)


async def test_rotation() -> None:
    """While a secret is being replaced, the event verifies with either and no other."""
    receiver = Receiver()

    await receiver.get(delivery(), datetime.now(UTC), settings(**ROTATING))

    (request,) = receiver.requests
    assert {**record(), "story": []} == verify(SECRET, request)["data"]
    assert {**record(), "story": []} == verify(OLD_SECRET, request)["data"]
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        verify(OTHER_SECRET, request)


@pytest.mark.parametrize(("days", "signatures"), [(1, 2), (0, 2), (-1, 1)])
async def test_rotation_ends(days: int, signatures: int) -> None:
    """The older secret signs until the end of its last day, and the preflight knows that day."""
    receiver = Receiver()
    until = NOW.date() + timedelta(days=days)
    using = settings(**ROTATING | {"previous_secret_until": until})

    await receiver.get(delivery(), NOW, using)

    assert signatures == len(receiver.requests[0].headers["webhook-signature"].split())
    async with httpx.AsyncClient(transport=httpx.MockTransport(receiver.handle)) as client:
        assert until == (await Webhook(using, client).describe(NOW)).replaced_until


@pytest.mark.parametrize("name", ROTATING)
def test_rotation_has_an_end(name: str) -> None:
    """A secret that is being replaced has a last day, and no day is without one."""
    with pytest.raises(ValidationError, match="belong together"):
        settings(**{name: ROTATING[name]})


async def test_one_secret() -> None:
    """Without a previous secret there is one signature."""
    receiver = Receiver()

    await receiver.get(delivery())

    assert " " not in receiver.requests[0].headers["webhook-signature"]


async def test_unpadded_secret() -> None:
    """A secret shown without base64 padding signs as the library reads it."""
    receiver = Receiver()
    environment = {"HOOK": SECRET.rstrip("=")}

    await receiver.get(delivery(), datetime.now(UTC), settings(environment))

    assert environment["HOOK"] != SECRET
    assert {**record(), "story": []} == verify(environment["HOOK"], receiver.requests[0])["data"]


async def test_retry() -> None:
    """A retry repeats id and body; only the time and so the signature are new."""
    receiver = Receiver()

    await receiver.get(delivery())
    await receiver.get(delivery(attempts=3), NOW + timedelta(seconds=90.7))

    first, second = receiver.requests
    assert f"{LEAD}-1" == first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.content == second.content
    assert str(int(NOW.timestamp())) == first.headers["webhook-timestamp"]
    assert str(int(NOW.timestamp()) + 90) == second.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


async def test_next_version() -> None:
    """Another version of the lead is another event, under an id without a dot."""
    receiver = Receiver()

    await receiver.get(delivery(version=12))

    (request,) = receiver.requests
    assert f"{LEAD}-12" == request.headers["webhook-id"]
    assert "." not in request.headers["webhook-id"]


@pytest.mark.parametrize(
    ("sent", "category", "expected"),
    [
        (0, "normal", "lead.created"),
        (1, "normal", "lead.updated"),
        (0, "internal", "lead.created"),
        (0, "test", "lead.test"),
        (1, "test", "lead.test"),
    ],
)
async def test_type(sent: int, category: str, expected: str) -> None:
    """The type tells a new lead from an updated one, and a test from both."""
    receiver = Receiver()

    await receiver.get(delivery(version=2, sent=sent, record=record(category=category)))

    assert expected == json.loads(receiver.requests[0].content)["type"]


async def test_time_of_the_event() -> None:
    """The body's timestamp is when the version came to be owed, in ISO 8601."""
    receiver = Receiver()

    await receiver.get(delivery(), NOW + timedelta(hours=5))

    assert "2026-11-22T12:00:00.000Z" == json.loads(receiver.requests[0].content)["timestamp"]


async def test_body_is_compact_utf8() -> None:
    """The body is UTF-8 as it is, not escaped, and without blanks between its parts."""
    receiver = Receiver()

    await receiver.get(delivery(record=record(first_name="Zoë 🦄")))

    body = receiver.requests[0].content.decode()
    assert '"first_name":"Zoë 🦄",' in body
    assert body.startswith('{"type":"lead.created","timestamp":"')


async def test_half_a_surrogate_pair() -> None:
    """A text that has no UTF-8 form is sent with a question mark, and still verifies."""
    receiver = Receiver()

    await receiver.get(delivery(record=record(notes="a\ud83eb")), datetime.now(UTC))

    assert "a?b" == verify(SECRET, receiver.requests[0])["data"]["notes"]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_accepted(status: int) -> None:
    """Any 2xx means that the receiver has it."""
    reply = await Receiver(httpx.Response(status)).get(delivery())

    assert Reply((Accepted(),), status) == reply


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422])
async def test_deferred(status: int) -> None:
    """Another 4xx is tried again, as the specification says, and is no fault of the lane's."""
    reply = await Receiver(httpx.Response(status)).get(delivery())

    assert Reply((Deferred(f"http_{status}"),), status) == reply


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirect(status: int) -> None:
    """A redirect is a failure."""
    response = httpx.Response(status, headers={"location": "https://elsewhere.example/"})

    reply = await Receiver(response).get(delivery())

    assert (Deferred("redirected"),) == reply.outcomes
    assert reply.failing


async def test_gone() -> None:
    """A 410 disables the destination."""
    reply = await Receiver(httpx.Response(410)).get(delivery())

    assert reply.gone


async def test_extra_headers() -> None:
    """Configured headers are sent along."""
    receiver = Receiver()

    await receiver.get(delivery(), NOW, settings(headers={"X-Tenant": "a b", "X-Team": "sales"}))

    headers = receiver.requests[0].headers
    assert ("a b", "sales") == (headers["x-tenant"], headers["x-team"])


async def test_from_environment() -> None:
    """The address and a header's value can be kept out of the file, and are shown nowhere."""
    receiver = Receiver()
    given = ENVIRONMENT | {"WHERE": "https://hooks.example/canary", "KEY": "canary"}
    using = settings(
        given, url={"environment": "WHERE"}, headers={"X-Api-Key": {"environment": "KEY"}}
    )

    await receiver.get(delivery(), NOW, using)

    (request,) = receiver.requests
    assert "https://hooks.example/canary" == str(request.url)
    assert "canary" == request.headers["x-api-key"]
    assert "canary" not in repr(using)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        pytest.param({"environment": "UNSET"}, "variable UNSET is not set", id="unset"),
        pytest.param({"environment": "FAILED"}, "Key Vault reference that failed", id="reference"),
        pytest.param({"environment": "canary"}, "expected the name of an", id="secret-itself"),
        pytest.param({"environment": 7}, "expected the name of an", id="number"),
        pytest.param({"env": "HOOK"}, "expected a string or { environment", id="key"),
        pytest.param({}, "expected a string or { environment", id="nothing"),
        pytest.param({"environment": "BROKEN"}, "must be", id="unusable"),
    ],
)
def test_not_in_environment(told: Any, message: str) -> None:
    """A variable that cannot be read, or holds what cannot be used, is an error that shows none."""
    given = ENVIRONMENT | {"FAILED": "@Microsoft.KeyVault(canary)", "BROKEN": "canary\n"}
    for changes in ({"url": told}, {"headers": {"X-A": told}}):
        with pytest.raises(ValidationError, match=message) as caught:
            settings(given, **changes)
        assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        *("Host", "Content-Type", "content-length", "Content-Encoding", "Connection"),
        *("Transfer-Encoding", "User-Agent", "webhook-id", "Webhook-Signature", "webhook-x"),
        *("Cookie", "Proxy-Authorization", "Forwarded", "X-Forwarded-For", "TE", "Trailer"),
        *("Upgrade", "Expect", "Keep-Alive", "Via", "Date", "Accept-Encoding", "X-Real-IP"),
        *("HTTP2-Settings", "Cookie2", "Authorization", "transfer_encoding", "Content_Length"),
    ],
)
def test_system_headers(name: str) -> None:
    """A system header cannot be overridden; the message names it."""
    with pytest.raises(ValidationError, match=f"header {name} is set by leadshare"):
        settings(headers={name: "canary"})


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        pytest.param({"X A": "b"}, "a header's name must be", id="blank in name"),
        pytest.param({"X-A:": "b"}, "a header's name must be", id="colon in name"),
        pytest.param({"": "b"}, "a header's name must be", id="no name"),
        pytest.param({"X-Ä": "b"}, "a header's name must be", id="name not ASCII"),
        pytest.param({"X-A\n": "b"}, "a header's name must be", id="name with line end"),
        pytest.param({"X-A": "b\r\nX-B: c"}, "header X-A must be", id="line end in value"),
        pytest.param({"X-A": "b\n"}, "header X-A must be", id="line end after value"),
        pytest.param({"X-A": " b"}, "header X-A must be", id="blank before value"),
        pytest.param({"X-A": "ä"}, "header X-A must be", id="value not ASCII"),
        pytest.param({"X-A": ""}, "header X-A must be", id="no value"),
        pytest.param({"X-A": "b", "x-a": "c"}, "named twice", id="twice"),
        pytest.param({"X-A": "b" * 4094}, "at most 4096 bytes", id="too long"),
    ],
)
def test_unclean_headers(headers: dict[str, str], message: str) -> None:
    """What is no plain header is refused, with a message that says what is."""
    with pytest.raises(ValidationError, match=message):
        settings(headers=headers)


def test_longest_headers() -> None:
    """4,096 bytes of headers are taken."""
    assert settings(headers={"X-A": "b" * 4093}).headers


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example/", "ftp://hooks.example/", "hooks.example", "/leads", "https://"),
        *("https://user:canary@hooks.example/", "https://hooks.example/#canary", ""),
        *("https://hooks.example:x/", "http://127.0.0.2/", "ftp://127.0.0.1/"),
    ],
)
def test_unusable_url(url: str) -> None:
    """An address that could not be called is refused when the configuration loads."""
    with pytest.raises(ValidationError, match="url must") as caught:
        settings(url=url)

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:7080/x", "http://localhost/", "http://[::1]/"])
def test_loopback_url(url: str) -> None:
    """Plain http to loopback loads; the guarded client takes it in local mode only."""
    assert url == settings(url=url).url


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("canary", id="no prefix"),
        pytest.param("whpk_" + base64.b64encode(b"n" * 32).decode(), id="another kind"),
        pytest.param("whsec_" + base64.b64encode(b"n" * 23).decode(), id="too short"),
        pytest.param("whsec_" + base64.b64encode(b"n" * 65).decode(), id="too long"),
        pytest.param("whsec_" + "canary " * 8, id="not base64"),
        pytest.param("whsec_" + "ä" * 40, id="not ASCII"),
        pytest.param("whsec_", id="prefix only"),
    ],
)
@pytest.mark.parametrize("field", ["secret", "previous_secret"])
def test_unusable_secret(field: str, secret: str) -> None:
    """A secret that is no Standard Webhooks secret is refused without being shown."""
    with pytest.raises(ValidationError) as caught:
        settings(ENVIRONMENT | {"BAD": secret}, **{field: "BAD"})

    assert [(field,)] == [error["loc"] for error in caught.value.errors()]
    assert "the secret must be whsec_ and base64" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert "input_value" not in str(caught.value)


@pytest.mark.parametrize("size", [24, 64])
def test_key_sizes(size: int) -> None:
    """Keys of 24 and of 64 bytes are taken."""
    secret = "whsec_" + base64.b64encode(b"n" * size).decode()

    assert secret == settings({"HOOK": secret}).secret.get_secret_value()


def test_settings_show_no_secret() -> None:
    """Neither secrets nor the address nor header values are in the settings' text."""
    shown = repr(
        settings(
            url="https://hooks.example/canary",
            headers={"X-Team": "canary"},
            **ROTATING,
        )
    )

    assert "canary" not in shown
    assert SECRET[6:] not in shown
    assert OLD_SECRET[6:] not in shown
