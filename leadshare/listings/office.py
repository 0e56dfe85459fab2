"""Listings: what the commands work with, built from the environment on first use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

import httpx

from leadshare.client.guard import tls_context
from leadshare.errors import BadRequest, Unreachable
from leadshare.listings.api import Api, Veil
from leadshare.listings.audit import Standing, stand
from leadshare.listings.ingestion import API_VERSION, Ingestion, Product
from leadshare.listings.keys import API_VERSION as ARM_VERSION
from leadshare.listings.keys import FunctionKeys
from leadshare.listings.setup import Setup, app_of, publisher_of, read_setup
from leadshare.listings.signin import sign_in

PATIENCE: Final = 60.0
"""Seconds that one call may take."""


@dataclass
class Office:
    """The two APIs, and the listings that a command is about."""

    environment: Mapping[str, str]
    setup: Setup
    client: httpx.Client
    veil: Veil = field(default_factory=Veil)

    @cached_property
    def ingestion(self) -> Ingestion:
        """Partner Center, where the publisher's own application may sign in."""
        signed = sign_in(self.environment, self.setup.graph, "PARTNER_CENTER", "AZURE")
        version = {"$version": API_VERSION}
        return Ingestion(Api(self.setup.graph, version, signed, self.client, self.veil))

    @cached_property
    def keys(self) -> FunctionKeys:
        """The keys of the deployment's intake."""
        app = app_of(self.environment)
        signed = sign_in(self.environment, self.setup.arm, "AZURE")
        version = {"api-version": ARM_VERSION}
        return FunctionKeys(Api(self.setup.arm, version, signed, self.client, self.veil), app)

    @cached_property
    def base(self) -> str:
        """The address of intake."""
        return self.setup.intake or self.keys.host()

    def products(self, wanted: Sequence[str]) -> dict[str, Product]:
        """Return the products by listing id: those *wanted*, or all if none is named."""
        publisher = publisher_of(self.environment)
        found = {f"{publisher}.{p.offer}".lower(): p for p in self.ingestion.products()}
        if not found:
            raise Unreachable(
                "Partner Center tells of no listing; is it the account that signed in?"
            )
        names = [name.lower() for name in wanted]
        if unknown := [name for name in names if name not in found]:
            raise BadRequest(f"{unknown[0]}: no such listing; known: {', '.join(sorted(found))}")
        return {name: found[name] for name in (dict.fromkeys(names) or sorted(found))}

    def standings(self, wanted: Sequence[str]) -> Iterator[Standing]:
        """Return how the listings stand that are *wanted*, or all if none is named."""
        products, keys = self.products(wanted), self.keys.read()
        for name, product in products.items():
            yield stand(self.ingestion, product, name, self.base, keys)


@contextmanager
def opened(environment: Mapping[str, str]) -> Iterator[Office]:
    """Give an office whose connections end with it."""
    setup = read_setup(environment)
    with httpx.Client(verify=tls_context(), timeout=PATIENCE, follow_redirects=False) as client:
        yield Office(environment, setup, client)


def utc_now() -> datetime:
    """Return the time in whole seconds, as names of keys have it."""
    return datetime.now(UTC).replace(microsecond=0)
