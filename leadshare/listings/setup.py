"""Listings: what the environment says of the deployment, the publisher and who signs in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from leadshare.errors import ConfigurationError
from leadshare.settings import is_local

GRAPH: Final = "https://graph.microsoft.com"
ARM: Final = "https://management.azure.com"

_APP: Final = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/?#]+/providers/Microsoft\.Web/sites/[^/?#]+",
    re.IGNORECASE,
)
_PUBLISHER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Setup:
    """Where the commands go."""

    graph: str
    """The address of Microsoft Graph, or of a simulator."""
    arm: str
    """The address of Azure Resource Manager, or of a simulator."""
    intake: str
    """The address of intake; nothing where Azure is to be asked for it."""


def read_setup(environment: Mapping[str, str]) -> Setup:
    """Read the addresses; `ConfigurationError` names what is wrong."""
    return Setup(
        graph=_address(environment, "LEADSHARE_GRAPH_URL", GRAPH),
        arm=_address(environment, "LEADSHARE_ARM_URL", ARM),
        intake=_deployment(environment, "LEADSHARE_INTAKE_URL"),
    )


def app_of(environment: Mapping[str, str]) -> str:
    """Return the resource id of the intake app, whose keys listings post with."""
    app = environment.get("LEADSHARE_INTAKE_APP", "").rstrip("/")
    if not _APP.fullmatch(app):
        raise ConfigurationError(
            "LEADSHARE_INTAKE_APP: expected the intake app's resource id,"
            " /subscriptions/.../sites/<app>"
        )
    return app


def publisher_of(environment: Mapping[str, str]) -> str:
    """Return the publisher's id, the first half of every listing's id."""
    publisher = environment.get("LEADSHARE_PUBLISHER", "")
    if not _PUBLISHER.fullmatch(publisher):
        raise ConfigurationError("LEADSHARE_PUBLISHER: expected your publisher id, such as contoso")
    return publisher.lower()


def host_key_of(environment: Mapping[str, str]) -> str:
    """Return the host key that operators ask the main app with."""
    key = environment.get("LEADSHARE_KEY", "")
    if not key:
        raise ConfigurationError("LEADSHARE_KEY: expected a host key of the main app")
    return key


def main_of(environment: Mapping[str, str]) -> str:
    """Return the address of the main app, which operators ask."""
    url = _deployment(environment, "LEADSHARE_MANAGE_URL")
    if not url:
        raise ConfigurationError("LEADSHARE_MANAGE_URL: expected the address of the main app")
    return url


def is_loopback(url: str) -> bool:
    """Say whether *url* leads to this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def _address(environment: Mapping[str, str], name: str, microsoft: str) -> str:
    """Return Microsoft's address, or in local mode that of a simulator on this machine."""
    address = environment.get(name, "").rstrip("/")
    if address and not (is_local(environment) and is_loopback(address)):
        raise ConfigurationError(f"{name}: expected nothing; a simulator is for local mode only")
    return address or microsoft


def _deployment(environment: Mapping[str, str], name: str) -> str:
    url = environment.get(name, "").rstrip("/")
    parts = urlsplit(url)
    bare = parts.netloc == parts.hostname and not (parts.path or parts.query or parts.fragment)
    simulated = is_local(environment) and is_loopback(url)
    if url and not simulated and not (parts.scheme == "https" and bare):
        raise ConfigurationError(f"{name}: expected an address such as https://contoso.example")
    return url
