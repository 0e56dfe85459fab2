"""Destinations: how to sign in to Zoho, and where each of its data centres is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import httpx

from leadshare.client.answers.response import object_in
from leadshare.client.answers.sentences import said
from leadshare.client.errors import SignInFailed
from leadshare.client.tokens.bearer import BearerAuth, Token, lifetime, post
from leadshare.client.tokens.refused_sign_in import refused_sign_in
from leadshare.destinations.zoho.settings import ZohoSettings
from leadshare.reason import Reason

CENTRES: Final = {
    "us": ("accounts.zoho.com", "com"),
    "eu": ("accounts.zoho.eu", "eu"),
    "in": ("accounts.zoho.in", "in"),
    "au": ("accounts.zoho.com.au", "com.au"),
    "jp": ("accounts.zoho.jp", "jp"),
    "cn": ("accounts.zoho.com.cn", "com.cn"),
    "ca": ("accounts.zohocloud.ca", "ca"),
    "sa": ("accounts.zoho.sa", "sa"),
    "uk": ("accounts.zoho.uk", "uk"),
    "ae": ("accounts.zoho.ae", "ae"),
}
"""Where each data centre signs in, and how its API's address ends (multi-dc.html)."""

HOSTS: Final = ("www", "sandbox", "developer")
"""What an API's address begins with, by the kind of account (the vendor's SDKs)."""

TOKENS_REST: Final = timedelta(minutes=10)
"""A refresh token gives ten access tokens in ten minutes (accounts/protocol/oauth)."""

FAILURE: Final = "failure"
"""The `status` by which the token address says that there were too many requests. It has no code
for that: its `error` is "Access Denied", in the language of the data centre."""

HOUR: Final = 3600
"""Seconds that a token is good for (refresh.html)."""

_TOKEN: Final = re.compile(r"[!-~]{1,2000}")


class ZohoAuth(BearerAuth):
    """Signs a request; a scope that the client lacks, another token would lack as well."""

    def refused(self, response: httpx.Response) -> bool:
        """Say whether *response* refuses the token."""
        return super().refused(response) and object_in(response).get("code") != LACKING


LACKING: Final = "OAUTH_SCOPE_MISMATCH"


async def sign_in(client: httpx.AsyncClient, settings: ZohoSettings, now: datetime) -> Token:
    """Trade the refresh token in (refresh.html)."""
    accounts, ending = CENTRES[settings.data_centre]
    form = {
        "grant_type": "refresh_token",
        "client_id": settings.client_id.get_secret_value(),
        "client_secret": settings.client_secret.get_secret_value(),
        "refresh_token": settings.refresh_token.get_secret_value(),
    }
    response = await post(client, f"https://{accounts}/oauth/v2/token", form)
    return token_in(response, ending, now, form.values())


def token_in(
    response: httpx.Response, ending: str, now: datetime, secrets: Iterable[str] = ()
) -> Token:
    """Return the token answered; errors come with 200, too, and then in words."""
    answer = object_in(response)
    if answer.get("status") == FAILURE or str(answer.get("error")).lower() == "access denied":
        # Asking on makes it last.
        raise SignInFailed(Reason.THROTTLED, TOKENS_REST, said(response))
    text = answer.get("access_token")
    if not response.is_success or not isinstance(text, str) or not _TOKEN.fullmatch(text):
        error = refused_sign_in(response, now, secrets)
        raise SignInFailed(error.reason, TOKENS_REST, error.said) if error.throttled else error
    base = answer.get("api_domain", f"https://www.zohoapis.{ending}")
    # Nobody but Zoho gets leads and tokens, whatever the answer says.
    if base not in [f"https://{host}.zohoapis.{ending}" for host in HOSTS]:
        raise SignInFailed(Reason.API_DOMAIN_REFUSED)
    return Token(text, lifetime(answer, now, HOUR), base)
