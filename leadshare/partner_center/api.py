"""Partner Center: Partner Center's referrals API: signing in, and one call for each thing to do.

Vendor pages are cited by their file names in MicrosoftDocs/partner-rest, partner-rest/develop.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import uuid4

import httpx

from leadshare.client.answers.json_values import as_object
from leadshare.client.answers.response import object_in
from leadshare.client.errors import SignInFailed
from leadshare.client.tokens.bearer import Bearer, BearerAuth, Token, ask, lifetime
from leadshare.client.tokens.refused_sign_in import is_dead
from leadshare.model import CLIENT_ID, DATED, TENANT_ID, Model, Secret, like
from leadshare.partner_center.answers import Unusable
from leadshare.reason import Reason

REFERRALS: Final = "https://api.partner.microsoft.com/v1.0/engagements/referrals"
"""Where all referrals are (get-a-list-of-referrals.md)."""

SIGN_IN: Final = "https://login.microsoftonline.com/{}/oauth2/v2.0/token"
SCOPE: Final = "https://api.partner.microsoft.com/.default"
"""The Secure Application Model's second half: a refresh token, got once with MFA, is redeemed.

Since April 2026 no user's password is enough (Microsoft, "Partner Center authentication").
"""

REFRESHABLE: Final = timedelta(days=90)
"""How long a refresh token is good for, unless a tenant says otherwise (Microsoft Entra)."""

LIFETIME: Final = 3600
"""Seconds that a token is taken to live where the sign-in does not say."""

PAGES: Final = 10
"""Pages of 100 that a search reads at most."""

_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_ETAG: Final = re.compile(r'(W/)?"[!#-~]*"')


class AppUser(Model):
    """An app that acts for a user: someone who is Referrals admin (or user) in Partner Center."""

    tenant_id: str = like(r"^[A-Za-z0-9.-]{1,100}$", TENANT_ID)
    """The publisher's tenant."""
    client_id: str = like(r"^[A-Za-z0-9-]{1,100}$", CLIENT_ID)
    """The app's."""
    client_secret: Secret
    """The app's."""
    refresh_token: Secret
    """From one consent of the user, with MFA."""
    refresh_token_issued: Annotated[date, DATED] | None = None
    """The day of that consent; with it, leadshare tells before the token ends."""


class TooMany(Exception):
    """A search has more pages than are read."""


class _Auth(BearerAuth):
    """Each call has an id of its own, a repeat too (headers.md)."""

    def signed(self, request: httpx.Request, token: Token) -> httpx.Request:
        """Return a request like *request*, signed, with what all calls say."""
        signed = super().signed(request, token)
        signed.headers["Accept"] = "application/json"
        signed.headers["client-request-id"] = str(uuid4())
        return signed


class PartnerCenter:
    """One user's referrals. Each call raises `Unusable`, `SignInFailed` or `TransportError`."""

    def __init__(self, user: AppUser, client: httpx.AsyncClient, timeout: float) -> None:
        self._user, self._client = user, client
        self._bearer = Bearer(self._sign_in, timeout)
        self._rotated = ""

    async def get(self, identity: str, now: datetime) -> dict[str, object]:
        """Return the referral of this id, its eTag included."""
        response = await self._call("GET", _address(identity), now)
        found = _referral(response, identity)
        found["eTag"] = found.get("eTag") or response.headers.get("etag")
        if not _ETAG.fullmatch(str(found["eTag"])):
            raise Unusable(response)
        return found

    async def search(
        self, where: str, now: datetime, select: Sequence[str]
    ) -> list[dict[str, object]]:
        """Return *select* of all referrals that the filter *where* finds, newest first.

        Raises `TooMany` where there are more. The eTag is to be had of one referral only.
        """
        query = {
            "$filter": where,
            "$orderby": "createdDateTime desc",
            "$select": ",".join(select),
        }
        found: list[dict[str, object]] = []
        for _ in range(PAGES):
            response = await self._call("GET", REFERRALS, now, params=query)
            rows, link = _page(response)
            found += rows
            if not link:
                return found
            # Only what it asks for is taken from the link: the one in Microsoft's sample is plain
            # http and of another path, and the token must not go where an answer says.
            query = dict(httpx.URL(link).params)
        raise TooMany

    async def create(self, referral: Mapping[str, object], now: datetime) -> dict[str, object]:
        """Create a referral and return it. Never repeat this unseen: it has no idempotency key."""
        return _referral(await self._call("POST", REFERRALS, now, json=referral))

    async def patch(
        self, identity: str, etag: str, operations: Sequence[Mapping[str, object]], now: datetime
    ) -> dict[str, object]:
        """Change a referral if it is still as *etag* says; see `operations`.

        Returns it, or nothing where the answer has no body: 204 is what is answered to those who do
        not prefer to see it (patch-a-referral.md).
        """
        headers = {"If-Match": etag, "Prefer": "return=representation"}
        url = _address(identity)
        response = await self._call("PATCH", url, now, json=[*operations], headers=headers)
        if response.status_code == httpx.codes.NO_CONTENT:
            return {}
        return _referral(response, identity)

    async def _call(self, method: str, url: str, now: datetime, **options: Any) -> httpx.Response:
        """Make one call, and once more if the token is refused."""
        return await self._client.request(method, url, auth=_Auth(self._bearer, now), **options)

    async def _sign_in(self, now: datetime) -> Token:
        """Redeem the refresh token; the one that comes with the answer is newer."""
        form = {
            "grant_type": "refresh_token",
            "client_id": self._user.client_id,
            "client_secret": self._user.client_secret.get_secret_value(),
            "refresh_token": self._rotated or self._user.refresh_token.get_secret_value(),
            "scope": SCOPE,
        }
        try:
            answer = await ask(self._client, SIGN_IN.format(self._user.tenant_id), form, now)
        except SignInFailed as error:
            if error.reason == Reason.SIGN_IN_FAILED and is_dead(error.said):
                self._rotated = ""  # The next time, what the configuration has.
            raise
        rotated = answer.get("refresh_token")
        self._rotated = rotated if isinstance(rotated, str) else self._rotated
        return Token(answer["access_token"], lifetime(answer, now, LIFETIME))


def is_id(value: object) -> bool:
    """Say whether *value* can be a referral's id."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def operations(
    referral: Mapping[str, object], wanted: Mapping[str, object]
) -> list[dict[str, object]]:
    """Return what turns *referral* into one that has *wanted*, values by their JSON pointers.

    Only replace and add are supported (patch-a-referral.md). RFC 6902 allows replace only where
    there is something, and neither where what would hold it is missing: that is added with it.
    """
    values: dict[str, Any] = {}
    for pointer, wish in wanted.items():
        path, value = _held(referral, pointer, wish)
        values[path] = {**values[path], **value} if path in values else value
    before = {path: _at(referral, path) for path in values}
    return [
        {"op": "add" if before[path] is None else "replace", "path": path, "value": value}
        for path, value in values.items()
        if before[path] != value
    ]


def _held(referral: Mapping[str, object], path: str, value: object) -> tuple[str, Any]:
    """Return *path* and *value*, or those of the topmost missing object that would hold them."""
    holder, _, name = path.rpartition("/")
    if not holder or _at(referral, holder) is not None:
        return path, value
    return _held(referral, holder, {name: value})


def _at(value: object, path: str) -> object:
    """Return what is in *value* at a JSON pointer, None if nothing is."""
    for name in path.split("/")[1:]:
        if isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value


def _address(identity: str) -> str:
    if not is_id(identity):
        raise ValueError("not the id of a referral")
    return f"{REFERRALS}/{identity}"


def _referral(response: httpx.Response, identity: str = "") -> dict[str, object]:
    """Return the referral in *response*; `Unusable` if there is none or another's."""
    referral = object_in(response)
    ours = is_id(referral.get("id")) and identity.lower() in ("", str(referral["id"]).lower())
    if not response.is_success or not ours:
        raise Unusable(response)
    return referral


def _page(response: httpx.Response) -> tuple[list[dict[str, object]], str]:
    """Return the referrals of one page, and the link to the next."""
    answer = object_in(response)
    rows, link = answer.get("value"), answer.get("@odata.nextLink") or ""
    whole = isinstance(rows, list) and all(is_id(as_object(row).get("id")) for row in rows)
    if not (response.is_success and whole and isinstance(link, str)):
        raise Unusable(response)
    try:
        followed = not link or "$skiptoken" in httpx.URL(link).params
    except httpx.InvalidURL:
        followed = False
    if not followed:
        raise Unusable(response)
    return list(rows or ()), link
