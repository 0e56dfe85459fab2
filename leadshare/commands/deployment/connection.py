"""Commands: which deployment is meant, and what opens it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote

import httpx

from leadshare.commands.deployment.manage import Manage
from leadshare.errors import ConfigurationError
from leadshare.listings.setup import host_key_of, is_loopback, main_of
from leadshare.operators.persons import BY, HEADER

LOCAL: Final = "http://127.0.0.1:7071"
"""Where `make run` serves."""

URL: Final = "LEADSHARE_MANAGE_URL"
PRIVACY_KEY: Final = "LEADSHARE_PRIVACY_KEY"

PATIENCE: Final = 120.0
"""Seconds that an answer may take: a replay of much works for a while."""


@contextmanager
def connected(
    app: str,
    *,
    persons: bool = False,
    by: str = "",
    environment: Mapping[str, str] = os.environ,
) -> Iterator[Manage]:
    """Give the deployment that is meant: an *app* in Azure, what the environment names, or ours.

    Where *persons* are to be shown, *by* says who opens what tells of them. `ConfigurationError`
    names what is missing.
    """
    url, key = _found(app, environment)
    headers = {"x-functions-key": key} if key else {}
    if persons:
        headers[HEADER] = _privacy_key(environment)
    if by:
        headers[BY] = quote(by)
    with httpx.Client(headers=headers, timeout=PATIENCE, follow_redirects=False) as client:
        yield Manage(client, url, persons=persons)


def _found(app: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the address of the main app, and a host key where one is needed."""
    if app:
        from leadshare.commands.deployment.azure_app import find  # noqa: PLC0415 - the SDK is slow to load

        return find(app, environment)
    url = environment.get(URL, "").rstrip("/") or LOCAL
    # The local host asks for no key, and whatever else listens there shall not have one.
    return (url, "") if is_loopback(url) else (main_of(environment), host_key_of(environment))


def _privacy_key(environment: Mapping[str, str]) -> str:
    key = environment.get(PRIVACY_KEY, "")
    if not key or not key.isascii() or not key.isprintable():
        raise ConfigurationError(f"{PRIVACY_KEY}: expected the key that opens persons")
    return key
