"""Destinations: who signs in to Salesforce, and how: an app with its secret, or with a key.

Vendor pages: help.salesforce.com, xcloud.remoteaccess_oauth_client_credentials_flow and
xcloud.remoteaccess_oauth_jwt_flow.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime, timedelta
from typing import Final, Literal, Self

import httpx
from pydantic import Field, SecretStr, StrictBool, field_validator, model_validator

from leadshare.client.errors import SignInFailed
from leadshare.client.tokens.bearer import Token, ask, lifetime
from leadshare.destinations.settings import LOOPBACK, OutcomeSettings, vendor_url
from leadshare.errors import Faults
from leadshare.model import Secret, like
from leadshare.reason import Reason

TOKEN_PATH: Final = "/services/oauth2/token"  # noqa: S105 - a path

JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
"""RFC 7523, section 2.1."""

ASSERTION_ENDS: Final = timedelta(minutes=3)
"""How far ahead an assertion may end."""

SESSION: Final = timedelta(hours=2).total_seconds()
"""How long a token is used. No answer tells: the publisher's session setting decides, two hours
unless changed; a token that has ended before is replaced when it is refused."""

_CLOUD: Final = r"(?P<cloud>salesforce\.com|salesforce\.mil|sfcrmproducts\.cn)"
"""How addresses end: in general, the US government's, and China's."""
_MY_DOMAIN: Final = rf"https://([a-z0-9-]+\.)+my\.{_CLOUD}"
_INSTANCE: Final = re.compile(rf"https://([a-z0-9-]+\.)+{_CLOUD}")
_USER: Final = re.compile(r"005[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")
"""How the identity URL in an answer ends (help.salesforce.com, remoteaccess_using_openid)."""
_TEST: Final = re.compile(r"\.(sandbox|scratch)\.my\.")
_PEM: Final = re.compile(r"-----BEGIN (RSA )?PRIVATE KEY-----\s.*", re.DOTALL)


class SalesforceSettings(OutcomeSettings):
    """An org, the app that signs in, and the field that holds the lead id."""

    has_campaigns = True

    type: Literal["salesforce"]
    """Salesforce."""
    url: str
    """My Domain, such as https://contoso.my.salesforce.com."""
    client_id: str = like(r"^[!-~]{1,512}$", "a consumer key, of printable ASCII without blanks")
    """The consumer key of an external client app."""
    client_secret: Secret | None = None
    """The consumer secret, for the client credentials flow."""
    username: str = Field("", max_length=80, repr=False)
    """The integration user's, for the JWT bearer flow."""
    private_key: Secret | None = None
    """The PEM text of the key whose certificate the app has; `\\n` may stand for its line ends."""
    key: str = like(
        r"^[A-Za-z][A-Za-z0-9_]{0,76}__c$",
        "a custom field's API name, such as LeadShare_Id__c",
        "LeadShare_Id__c",
    )
    """A text field of the lead, 49 characters or more, External ID and Unique."""
    timeline_key: str = like(
        r"^[A-Za-z][A-Za-z0-9_]{0,76}__c$",
        "a custom field's API name, such as LeadShare_Touch__c",
        "LeadShare_Touch__c",
    )
    """A text field of activities, 32 characters or more, Unique: each entry of a timeline once."""
    assignment_rules: StrictBool = True
    """Whether Salesforce's own lead assignment rule picks the owner of a new lead."""

    @field_validator("url")
    @classmethod
    def _my_domain(cls, url: str) -> str:
        expected = "like https://contoso.my.salesforce.com, without a path"
        return vendor_url(url, _MY_DOMAIN, expected)

    @field_validator("private_key")
    @classmethod
    def _pem(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not _PEM.match(pem(key)):
            raise ValueError("private_key must be an unencrypted PEM private key")
        return key

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        by_key = self.private_key is not None
        if by_key == (self.client_secret is not None) or by_key != bool(self.username):
            raise ValueError("expected either client_secret, or username and private_key")
        return self

    @model_validator(mode="after")
    def _mappable(self) -> Self:
        ours = {self.key.lower(), "id", "attributes"}
        if taken := [name for name in self.fields if name.lower() in ours]:
            why = "is set by leadshare and cannot be mapped"
            raise Faults(*((("fields", name), why) for name in taken))
        return self


async def sign_in(settings: SalesforceSettings, client: httpx.AsyncClient, now: datetime) -> Token:
    """Return a token and the address that it is good for."""
    if settings.client_secret is not None:
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.get_secret_value(),
        }
    else:
        form = {"grant_type": JWT_BEARER, "assertion": assertion(settings, now)}
    answer = await ask(client, f"{settings.url}{TOKEN_PATH}", form, now)
    ends = lifetime(answer, now, SESSION)
    user = str(answer.get("id")).rpartition("/")[2]
    base = instance(settings, answer)
    return Token(answer["access_token"], ends, base, user if _USER.fullmatch(user) else "")


def instance(settings: SalesforceSettings, answer: dict[str, object]) -> str:
    """Return the address in *answer*: leads and the token go there, so it must be Salesforce's."""
    address = str(answer.get("instance_url")).lower().removesuffix("/")
    local = re.fullmatch(LOOPBACK, settings.url) and re.fullmatch(LOOPBACK, address)
    if not local and _cloud(address) != _cloud(settings.url):
        raise SignInFailed(Reason.INSTANCE_REFUSED)
    return address


def _cloud(address: str) -> str:
    """Return how *address* ends, the address itself where it is not Salesforce's."""
    found = _INSTANCE.fullmatch(address)
    return found["cloud"] if found else address


def assertion(settings: SalesforceSettings, now: datetime) -> str:
    """Return the signed statement of who we are (RFC 7515, compact form)."""
    claims = {
        "iss": settings.client_id,
        "sub": settings.username,
        "aud": audience(settings.url),
        "exp": int((now + ASSERTION_ENDS).timestamp()),  # seconds
    }
    parts = ({"alg": "RS256"}, claims)
    text = b".".join(_encoded(json.dumps(part).encode()) for part in parts)
    return (text + b"." + _encoded(_signature(settings, text))).decode()


def audience(url: str) -> str:
    """Return who is to believe the statement: the login host of the cloud that *url* is in."""
    found = _INSTANCE.fullmatch(url)
    cloud = found["cloud"] if found else "salesforce.com"
    return f"https://{'test' if _TEST.search(url) else 'login'}.{cloud}"


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _signature(settings: SalesforceSettings, text: bytes) -> bytes:
    # Only a process that signs in with a key should pay for loading these.
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    assert settings.private_key is not None  # noqa: S101 - `_can_sign_in` has seen to it
    try:
        key = load_pem_private_key(pem(settings.private_key).encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SignInFailed(Reason.PRIVATE_KEY_UNREADABLE) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SignInFailed(Reason.PRIVATE_KEY_NOT_RSA)
    return key.sign(text, padding.PKCS1v15(), SHA256())


def pem(key: SecretStr) -> str:
    """Return the text of *key*; app settings are often typed as one line."""
    return key.get_secret_value().replace("\\n", "\n").strip()
