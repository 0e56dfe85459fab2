"""Destinations: how to sign in to Zoho, and where each of its data centres is."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

import httpx

from leadshare.destinations.answers import object_in
from leadshare.destinations.bearer import Token, lifetime, post
from leadshare.destinations.errors import SignInFailed

CENTRES: Final = {
    "us": ("accounts.zoho.com", "com"),
    "eu": ("accounts.zoho.eu", "eu"),
    "in": ("accounts.zoho.in", "in"),
    "au": ("accounts.zoho.com.au", "com.au"),
    "jp": ("accounts.zoho.jp", "jp"),
    "cn": ("accounts.zoho.com.cn", "com.cn"),
    "ca": ("accounts.zohocloud.ca", "ca"),
    "sa": ("accounts.zoho.sa", "sa"),
}
"""Where each data centre signs in, and how its API's address ends (multi-dc.html)."""

HOSTS: Final = ("www", "sandbox", "developer")
"""What an API's address begins with, by the kind of account (the vendor's SDKs)."""

TOKENS_REST: Final = timedelta(minutes=10)
"""A refresh token gives ten access tokens in ten minutes (accounts/protocol/oauth)."""

DENIED: Final = "access denied"
"""How the token address says that there were too many requests; it has no code for that."""

HOUR: Final = 3600
"""Seconds that a token is good for (refresh.html)."""

_TOKEN: Final = re.compile(r"[!-~]{1,2000}")


class SignInThrottled(SignInFailed):
    """Too many tokens were asked for; asking on makes it last."""


async def sign_in(
    client: httpx.AsyncClient, centre: str, form: dict[str, str], now: datetime
) -> Token:
    """Trade the refresh token in (refresh.html)."""
    accounts, ending = CENTRES[centre]
    response = await post(client, f"https://{accounts}/oauth/v2/token", form)
    return token_in(response, ending, now)


def token_in(response: httpx.Response, ending: str, now: datetime) -> Token:
    """Return the token answered; errors come with 200, too, and then in words."""
    answer = object_in(response)
    denied = str(answer.get("error")).lower() == DENIED
    if denied or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise SignInThrottled("throttled")
    text = answer.get("access_token")
    if not response.is_success or not isinstance(text, str) or not _TOKEN.fullmatch(text):
        raise SignInFailed("sign_in_failed")
    base = answer.get("api_domain", f"https://www.zohoapis.{ending}")
    # Nobody but Zoho gets leads and tokens, whatever the answer says.
    if base not in [f"https://{host}.zohoapis.{ending}" for host in HOSTS]:
        raise SignInFailed("api_domain_refused")
    return Token(text, lifetime(answer, now, HOUR), base)
