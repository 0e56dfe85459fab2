"""Outside: settings from the environment, the configuration file, and which build this is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

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
    tick_budget: timedelta
    """How long a tick works before it leaves the rest due."""
    lane_lease: timedelta
    """How long a process that died keeps others out of a lane."""


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
        tick_budget=_seconds(environment, "TICK_BUDGET", 25),
        lane_lease=_seconds(environment, "LANE_LEASE", 60),
    )


def read_build(root: Path) -> str:
    """Return the id of the package that *root* was unpacked from, or that there was none."""
    try:
        return (root / "build.txt").read_text()
    except FileNotFoundError:
        return "not packaged"


def is_local(environment: Mapping[str, str]) -> bool:
    """Say whether loopback and plain http may be called.

    Core Tools and the local host say so; in Azure it is Production or nothing.
    """
    return environment.get("AZURE_FUNCTIONS_ENVIRONMENT") == "Development"


def is_stored(environment: Mapping[str, str]) -> bool:
    """Say whether *environment* names a storage account."""
    return any(name.startswith(STORAGE) for name in environment)


M = TypeVar("M", bound=BaseModel)


def read_configuration(path: Path, model: type[M], environment: Mapping[str, str]) -> M:
    """Read and check the file at *path*; secrets that it names come from *environment*."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path.name}: expected this file beside host.json") from None
    except OSError as error:
        raise ConfigurationError(f"{path.name}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path.name}: not TOML: {error}") from None
    try:
        return model.model_validate(data, context=environment)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        told = "; ".join(f"{_place(one['loc'])}: {one['msg']}" for one in found)
        raise ConfigurationError(f"{path.name}: {told}") from None


def _seconds(environment: Mapping[str, str], name: str, default: float) -> timedelta:
    try:
        seconds = timedelta(seconds=float(_get(environment, name) or default))
    except (ValueError, OverflowError):
        seconds = timedelta(0)
    if seconds <= timedelta(0):
        raise ConfigurationError(f"{name}: expected a number of seconds above 0")
    return seconds


def _get(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if value.startswith(_UNRESOLVED):
        raise ConfigurationError(f"{name}: expected a value, not a Key Vault reference that failed")
    return value


def _place(location: tuple[Any, ...]) -> str:
    """Return a pydantic location as it would be found in the file: `destination[0].secret`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.lstrip(".") or "the file"
