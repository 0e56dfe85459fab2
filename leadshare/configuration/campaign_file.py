"""Configuration: the campaigns of a file, read where its secrets are not at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import ConfigDict, model_validator

from leadshare.configuration.campaigns import Campaign, Campaigns, of_listings
from leadshare.configuration.coherence import incoherent
from leadshare.configuration.file import read_configuration
from leadshare.configuration.models import Listing
from leadshare.errors import Faults
from leadshare.model import Model


class _Destination(Model):
    """A destination by its name; what else is told of it is looked at where it is asked."""

    model_config = ConfigDict(extra="ignore")

    name: str


class CampaignFile(Model):
    """What campaigns hang on; all else may be of any form."""

    model_config = ConfigDict(extra="ignore")

    listing: tuple[Listing, ...] = ()
    destination: tuple[_Destination, ...] = ()
    campaign: tuple[Campaign, ...] = ()

    @model_validator(mode="after")
    def _can_run(self) -> Self:
        if faults := [*incoherent(self)]:
            raise Faults(*faults)
        return self

    @property
    def campaigns(self) -> Campaigns:
        """The part of it by which leads are in campaigns."""
        return Campaigns(self.campaign, of_listings(self.listing))


def read_campaigns(path: Path) -> CampaignFile:
    """Read the campaigns of the file at *path*; `ConfigurationError` if something is wrong."""
    return read_configuration(path, CampaignFile, {})
