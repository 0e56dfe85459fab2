"""Destinations: tokens of Microsoft Entra, which azure-identity gets."""

from __future__ import annotations

from collections.abc import Callable

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential


def managed_identity(client_id: str) -> AsyncTokenCredential:
    """Return what signs in as the managed identity: the system's, or that with *client_id*."""
    # Costs 0.4 s: only a process that needs it should pay.
    from azure.identity.aio import ManagedIdentityCredential  # noqa: PLC0415 - see above

    return ManagedIdentityCredential(client_id=client_id or None)


async def access_token(
    kept: AsyncTokenCredential | None, make: Callable[[], AsyncTokenCredential], scope: str
) -> AccessToken:
    """Return a token from *kept*, else from what *make* gives, which is closed again."""
    if kept is not None:
        return await kept.get_token(scope)
    async with make() as made:
        return await made.get_token(scope)
