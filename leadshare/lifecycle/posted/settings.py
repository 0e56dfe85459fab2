"""Lifecycle: what a publisher configures of a system that posts outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import Field, SecretStr, field_validator

from leadshare.client.standard_webhooks import key_of
from leadshare.model import Model, Secret, like

PEOPLE: Final = "people"
"""The source that people speak as, if they speak in no other's stead."""

MOST_SOURCES: Final = 20


class OutcomeSource(Model):
    """A system of the publisher's, such as the backend of a SaaS offer, that posts outcomes."""

    name: str = like(
        r"^[a-z0-9][a-z0-9-]{0,39}$", "lower-case letters, digits and hyphens, at most 40"
    )
    """A slug, and no destination's; what it tells is known by it, so renaming it makes another."""
    secrets: tuple[Secret, ...] = Field(min_length=1, max_length=2)
    """What it signs with, each `whsec_` and base64 of 24 to 64 bytes; two while one is replaced."""

    @field_validator("secrets")
    @classmethod
    def _readable(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in secrets:
            key_of(secret)
        return secrets

    @property
    def keys(self) -> Sequence[bytes]:
        """The keys of its secrets."""
        return [key_of(secret) for secret in self.secrets]
