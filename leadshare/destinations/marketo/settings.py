"""Destinations: what the configuration can say of Marketo."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, StrictFloat, StrictInt, field_validator, model_validator

from leadshare.destinations.marketo.membership import Program
from leadshare.destinations.settings import CrmSettings, vendor_url
from leadshare.errors import Faults
from leadshare.model import Secret, like

_URL: Final = r"https://[0-9]{3}-[a-z]{3}-[0-9]{3}\.mktorest\.com"
_NAME: Final = r"^[A-Za-z][A-Za-z0-9_]{0,99}$"
_FIELD_NAME: Final = "a field's REST name, such as leadshareId"


class MarketoSettings(CrmSettings):
    """An instance, the custom service that signs in, and where persons go."""

    type: Literal["marketo"]
    """Marketo Engage."""
    url: str
    """The REST endpoint, such as https://123-ABC-456.mktorest.com/rest."""
    client_id: str = like(r"^[A-Za-z0-9-]{1,100}$", "letters, digits and hyphens")
    """The custom service's."""
    client_secret: Secret
    """The custom service's."""
    key: str = like(_NAME, _FIELD_NAME, "leadshareId")
    """A custom string field: it will hold the id of the person's latest lead."""
    lookup_field: str = like(_NAME, _FIELD_NAME, "email")
    """What a person is known by: `email`, or the key: then every lead is a person of its own."""
    touches: str = like(
        _NAME, "a custom object's API name, such as leadshareTouch_c", "leadshareTouch_c"
    )
    """A custom object of persons: it will hold what they do later, a record for each touch."""
    partition: str = Field("", max_length=255)
    """The partition for new persons, where the instance has partitions."""
    program: Program | None = None
    """A program that persons become members of."""
    list: StrictInt | None = Field(None, gt=0)
    """A static list that persons are put in: ST1021A1 is 1021."""
    timeout: StrictFloat = Field(45, gt=0, le=50)
    """Seconds for the write of a batch, with its search and memberships; for others one call."""
    concurrency: StrictInt = Field(1, ge=1, le=1)
    """Always 1: overlapping calls for the same person make two of them (leads.md)."""

    @field_validator("url")
    @classmethod
    def _instance(cls, url: str) -> str:
        root = url.lower().removesuffix("/").removesuffix("/rest")
        return vendor_url(root, _URL, "like https://123-ABC-456.mktorest.com/rest")

    @model_validator(mode="after")
    def _knows_persons(self) -> Self:
        if self.lookup_field not in ("email", self.key):
            raise Faults((("lookup_field",), "lookup_field must be email, or what key names"))
        left_out = {name for name, source in self.fields.items() if source is None}
        if self.lookup_field == "email" and "email" in left_out:
            why = "fields must not leave email out: persons are known by it"
            raise Faults((("fields", "email"), why))
        return self
