"""Destinations: an environment of Dynamics 365 as it is configured, and who signs in to it."""

from __future__ import annotations

import re
from typing import Final, Literal, Self

from azure.core.credentials_async import AsyncTokenCredential
from pydantic import field_validator, model_validator

from leadshare.client.tokens.entra import managed_identity
from leadshare.destinations.settings import OutcomeSettings, vendor_url
from leadshare.model import CLIENT_ID, TENANT_ID, Secret, like

CLOUDS: Final = {
    r"crm[0-9]*\.dynamics\.com": "login.microsoftonline.com",
    r"crm\.microsoftdynamics\.us": "login.microsoftonline.us",
    r"crm\.appsplatform\.us": "login.microsoftonline.us",
    r"crm\.dynamics\.cn": "login.partner.microsoftonline.cn",
}
"""How addresses end, and who signs in there: the public cloud with the government's GCC, GCC High,
DoD, and China (Microsoft, "Power Platform URLs", "National clouds")."""

_URL: Final = rf"https://[a-z0-9-]+\.({'|'.join(CLOUDS)})"


class DynamicsSettings(OutcomeSettings):
    """An environment, and who signs in: an app with a secret, else the managed identity."""

    has_campaigns = True

    type: Literal["dynamics"]
    """Dynamics 365 Sales."""
    url: str
    """The environment's address, such as https://contoso.crm4.dynamics.com."""
    tenant_id: str = like(r"^[A-Za-z0-9.-]*$", TENANT_ID, "")
    """The app's; not told where the managed identity signs in."""
    client_id: str = like(r"^[A-Za-z0-9-]*$", CLIENT_ID, "")
    """The app's; without a secret, the managed identity's, where it is not leadshare's own."""
    client_secret: Secret | None = None
    """The app's; not told where the managed identity signs in."""
    key: str = like(r"^([a-z][a-z0-9_]{0,99})?$", "a column's name, such as new_leadshareid", "")
    """A text column, 49 characters or more, that is by itself an alternate key of the lead table:
    it will hold the lead id. Without it, the primary key is made from that id."""

    @field_validator("url")
    @classmethod
    def _environment(cls, url: str) -> str:
        return vendor_url(url, _URL, "like https://contoso.crm4.dynamics.com, without a path")

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        secret = self.client_secret is not None
        if secret != bool(self.tenant_id) or (secret and not self.client_id):
            raise ValueError(
                "tenant_id, client_id and client_secret go together;"
                " leave tenant_id and client_secret out to sign in as the managed identity"
            )
        return self


def credential(settings: DynamicsSettings) -> AsyncTokenCredential:
    """Return what signs in to the environment."""
    if settings.client_secret is None:
        return managed_identity(settings.client_id)
    # Costs 0.4 s: only a process that delivers to Dynamics should pay.
    from azure.identity.aio import ClientSecretCredential  # noqa: PLC0415 - see above

    secret = settings.client_secret.get_secret_value()
    return ClientSecretCredential(
        settings.tenant_id, settings.client_id, secret, authority=authority(settings.url)
    )


def authority(url: str) -> str:
    """Return who signs in to the environment at *url*; a simulator's is nobody's."""
    known = (host for ending, host in CLOUDS.items() if re.search(rf"\.{ending}$", url))
    return next(known, "login.microsoftonline.com")
