"""Listings: signing in to Microsoft, by an application's secret or as the Azure CLI's user."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from azure.core.exceptions import ClientAuthenticationError

from leadshare.errors import ConfigurationError, Unreachable
from leadshare.listings.setup import is_loopback

if TYPE_CHECKING:  # imported where it is used, for it is slow to load
    from azure.core.credentials import AccessToken, TokenCredential

EARLY: Final = 300
"""Seconds before its end from which a token is no longer used."""


def sign_in(
    environment: Mapping[str, str], base: str, *prefixes: str
) -> Callable[[], dict[str, str]]:
    """Return what gives the headers that sign calls to the API at *base*.

    The first of *prefixes* with a secret says who signs in, else the Azure CLI does, which in CI
    has been signed in by OIDC. A simulator on this machine gets no real token.
    """
    if is_loopback(base):
        return lambda: {"authorization": "Bearer simulated"}
    return Tokens(_credential(environment, prefixes), f"{base}/.default").headers


def _credential(environment: Mapping[str, str], prefixes: tuple[str, ...]) -> TokenCredential:
    from azure.identity import AzureCliCredential, ClientSecretCredential  # noqa: PLC0415 - slow

    for prefix in prefixes:
        names = [f"{prefix}_{name}" for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")]
        values = [environment.get(name, "") for name in names]
        if not values[-1]:
            continue
        if missing := [name for name, value in zip(names, values, strict=True) if not value]:
            raise ConfigurationError(f"{missing[0]}: expected, because {names[-1]} is set")
        return ClientSecretCredential(*values)
    return AzureCliCredential()


@dataclass(slots=True)
class Tokens:
    """Tokens of one scope; each is kept until shortly before its end."""

    credential: TokenCredential
    scope: str
    _held: AccessToken | None = None

    def headers(self) -> dict[str, str]:
        """Return the header with a token; `Unreachable` where there is none to be had."""
        if self._held is None or self._held.expires_on < time.time() + EARLY:
            try:
                self._held = self.credential.get_token(self.scope)
            except ClientAuthenticationError as error:
                # Its text may quote the tenant's whole answer.
                raise Unreachable(
                    f"signing in for {self.scope} failed: {type(error).__name__}; set a client"
                    " secret, or run az login"
                ) from None
        return {"authorization": f"Bearer {self._held.token}"}
