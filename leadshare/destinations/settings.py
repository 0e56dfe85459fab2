"""Destinations: what the configuration can tell each of them, and how it names a secret."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
)

from leadshare.core.delivery import SCHEDULE
from leadshare.core.lane import Rate
from leadshare.core.mapping import Fields

_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")


def _from_environment(name: Any, info: ValidationInfo) -> str:
    """Replace the *name* of an environment variable by what it holds."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        # Not repeated: people put the secret itself here.
        raise ValueError("expected the name of an environment variable, such as OUR_CRM_SECRET")
    value = str((info.context or {}).get(name, ""))
    if not value:
        raise ValueError(f"environment variable {name} is not set; it must hold the secret")
    if value.startswith("@Microsoft.KeyVault("):
        raise ValueError(f"environment variable {name} is a Key Vault reference that failed")
    return value


Secret = Annotated[
    SecretStr,
    BeforeValidator(_from_environment),
    WithJsonSchema({"type": "string", "description": "Name of an environment variable"}),
]
"""A secret, named in the file and read from the environment (validation context)."""


LOOPBACK: Final = r"http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?"
"""The addresses of a simulator, or of one's own system, in local mode."""


def vendor_url(url: str, pattern: str, expected: str) -> str:
    """Return *url* in its normal form, if *pattern* says that it is the vendor's, or loopback.

    Leads and tokens go there; the error does not repeat it.
    """
    url = url.lower().removesuffix("/")
    if not re.fullmatch(f"{pattern}|{LOOPBACK}", url):
        raise ValueError(f"url must be {expected}")
    return url


class DestinationSettings(BaseModel):
    """What every destination can be told; each file adds its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    """A slug; it becomes part of row keys, so renaming it makes another destination."""
    channel: Literal["crm", "field_seller", "marketplace"] = "crm"
    accepts: frozenset[Literal["test", "internal", "blank", "no_contact"]] = frozenset()
    """Special leads that this destination asks for; all others are suppressed."""
    schedule: tuple[Annotated[float, Field(ge=0)], ...] = Field(SCHEDULE, min_length=1)
    """Seconds before each attempt, counted from the one before."""
    timeout: float = Field(30, gt=0, le=50)
    """Seconds that one call may take; less than a lane's lease."""
    concurrency: int = Field(4, ge=1, le=64)
    """Calls in flight at once."""
    rate: Rate | None = None
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks, else refused, that this destination's address may lie in."""


class LandingSettings(DestinationSettings):
    """What every system can be told whose records can be read back."""

    landing: float = Field(1, ge=0, le=1)
    """The share of accepted records that are read back: 1 for all, 0 for none."""


class CrmSettings(LandingSettings):
    """What every system can be told that keeps records of leads in fields of its own."""

    fields: Fields = Field(default_factory=dict)
    """Changes of the default mapping."""
    canary: bool = False
    """Whether a test record may be written and deleted again each day, to prove the way."""
