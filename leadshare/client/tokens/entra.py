"""Client: tokens of Microsoft Entra, which azure-identity gets."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, HttpResponseError

from leadshare.client.answers.response import read_retry_after
from leadshare.client.answers.sentences import LONGEST
from leadshare.client.errors import SignInFailed
from leadshare.client.tokens.refused_sign_in import refused_by_words
from leadshare.settings import STORAGE


def managed_identity(client_id: str) -> AsyncTokenCredential:
    """Return what signs in as the managed identity with *client_id*, or as the app's own.

    Its own is the one that it signs in to storage as; where that names none, the system's.
    """
    own = os.environ.get(f"{STORAGE}__clientId", "")
    # Costs 0.4 s: only a process that needs it should pay.
    from azure.identity.aio import ManagedIdentityCredential  # noqa: PLC0415 - see above

    return ManagedIdentityCredential(client_id=client_id or own or None)


async def access_token(
    kept: AsyncTokenCredential | None, make: Callable[[], AsyncTokenCredential], scope: str
) -> AccessToken:
    """Return a token from *kept*, else from what *make* gives, which is closed again."""
    if kept is not None:
        return await kept.get_token(scope)
    async with make() as made:
        return await made.get_token(scope)


def refused_by_entra(error: AzureError, now: datetime) -> SignInFailed:
    """Return what *error* of azure-identity's means; its text has Entra's own, and no secret."""
    status, wait = 0, None
    if isinstance(error, HttpResponseError) and error.response is not None:
        status = error.status_code or 0
        headers = getattr(error.response, "headers", {})
        wait = read_retry_after(headers.get("retry-after", ""), now)
    return refused_by_words(status, str(error.message)[:LONGEST], wait)
