"""Settings: settings from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from leadshare.errors import ConfigurationError

STORAGE: Final = "LEADSHARE_STORAGE"
"""The connection of queues and table: a connection string, or a prefix of identity settings."""

_UNRESOLVED: Final = "@Microsoft.KeyVault("
_SHORTEST_KEY: Final = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says; secrets are not shown."""

    identity_key: bytes = field(repr=False)
    storage: str = field(repr=False)
    """A connection string, or nothing where `table_uri` is used with a managed identity."""
    table_uri: str
    queue_uri: str
    client_id: str
    configuration: Path
    local: bool
    proof_url: str
    """Intake's public URL, up to the listing."""
    proof_key: str = field(repr=False)
    privacy_key: str = field(repr=False)
    """What opens persons to operators; nobody sees any where it is missing."""
    tick_budget: timedelta
    """How long a tick works before it leaves the rest due."""
    lane_lease: timedelta
    """How long a process that died keeps others out of a lane."""

    @property
    def proof_off(self) -> str:
        """Why no proofs are posted, which is no error; nothing if they are."""
        if not self.proof_url:
            return "LEADSHARE_PROOF_URL: expected what listings post to, before the listing"
        if not self.proof_key:
            return "LEADSHARE_PROOF_KEY: expected a function key of intake, as a release makes it"
        if self.proof_key.startswith(_UNRESOLVED):
            return "LEADSHARE_PROOF_KEY: expected a value, not a Key Vault reference that failed"
        return ""


def read_settings(environment: Mapping[str, str], root: Path) -> Settings:
    """Read the settings; `ConfigurationError` names what is missing and what is expected."""
    storage = _get(environment, STORAGE)
    table_uri = _get(environment, f"{STORAGE}__tableServiceUri")
    if not storage and not table_uri:
        raise ConfigurationError(
            f"{STORAGE}: expected a connection string, or {STORAGE}__tableServiceUri with the"
            " address of the table service"
        )
    key = _get(environment, "LEADSHARE_IDENTITY_KEY").encode()
    if len(key) < _SHORTEST_KEY:
        raise ConfigurationError(
            f"LEADSHARE_IDENTITY_KEY: expected at least {_SHORTEST_KEY} random characters,"
            " never changed once leads have come in"
        )
    return Settings(
        identity_key=key,
        storage=storage,
        table_uri=table_uri,
        queue_uri=_get(environment, f"{STORAGE}__queueServiceUri"),
        client_id=_get(environment, f"{STORAGE}__clientId"),
        configuration=root / (_get(environment, "LEADSHARE_CONFIGURATION") or "leadshare.toml"),
        local=is_local(environment),
        proof_url=_get(environment, "LEADSHARE_PROOF_URL").rstrip("/"),
        proof_key=environment.get("LEADSHARE_PROOF_KEY", ""),
        privacy_key=_if_resolved(environment.get("LEADSHARE_PRIVACY_KEY", "")),
        tick_budget=_seconds(environment, "TICK_BUDGET", 25),
        lane_lease=_seconds(environment, "LANE_LEASE", 60),
    )


def is_local(environment: Mapping[str, str]) -> bool:
    """Say whether loopback and plain http may be called.

    Core Tools and the local host say so; in Azure it is Production or nothing.
    """
    return environment.get("AZURE_FUNCTIONS_ENVIRONMENT") == "Development"


def is_stored(environment: Mapping[str, str]) -> bool:
    """Say whether *environment* names a storage account."""
    return any(name.startswith(STORAGE) for name in environment)


def _seconds(environment: Mapping[str, str], name: str, default: float) -> timedelta:
    try:
        seconds = timedelta(seconds=float(_get(environment, name) or default))
    except (ValueError, OverflowError):
        seconds = timedelta(0)
    if seconds <= timedelta(0):
        raise ConfigurationError(f"{name}: expected a number of seconds above 0")
    return seconds


def _if_resolved(value: str) -> str:
    return "" if value.startswith(_UNRESOLVED) else value


def _get(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if value.startswith(_UNRESOLVED):
        raise ConfigurationError(f"{name}: expected a value, not a Key Vault reference that failed")
    return value
