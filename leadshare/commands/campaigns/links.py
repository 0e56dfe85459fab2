"""Commands: the links of campaigns, by which customers come to a listing's page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypedDict
from urllib.parse import quote, urlencode

from leadshare.configuration.campaigns import Campaign
from leadshare.configuration.models import Listing

MARKETPLACE: Final = "microsoft_marketplace"
"""The storefront that Microsoft made of both, in 2025; the others lead there."""

_PRODUCT: Final = "https://marketplace.microsoft.com/product/{}"
_SERVICES: Final = "/marketplace/consulting-services/{}"
_APPS: Final = "https://azuremarketplace.microsoft.com/marketplace/apps/{}"

# As Microsoft's own documentation links to listings (learn.microsoft.com, Cloud Adoption Framework
# and "Link to your offer page from your website"). AppSource's own pages of apps have in their
# address of what product an app is, which no file of ours says.
PAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "app": {MARKETPLACE: _PRODUCT},
    "consulting service": {
        MARKETPLACE: f"https://marketplace.microsoft.com{_SERVICES}",
        "appsource": f"https://appsource.microsoft.com{_SERVICES}",
    },
    "offer": {MARKETPLACE: _PRODUCT, "azure_marketplace": _APPS},
    "technology": {MARKETPLACE: _PRODUCT, "azure_marketplace": _APPS},
}
"""The address of a listing's page, by its kind and storefront."""


class Link(TypedDict):
    """A link to a listing's page that says by which campaign a customer comes, and from where."""

    campaign: str
    listing: str
    storefront: str
    src: str
    link: str


def links(
    campaigns: Iterable[Campaign], listings: Sequence[Listing], sources: Sequence[str]
) -> Iterator[Link]:
    """Yield the links of *campaigns* to *listings*, from each of *sources*.

    Microsoft, "Offer listing best practices": `mktcmpid` is the campaign, `src` where the customer
    comes from, such as website or LinkedIn.
    """
    for campaign in campaigns:
        for listing in listings:
            for storefront, page in PAGES[listing.kind].items():
                for src in sources:
                    asked = urlencode({"src": src, "mktcmpid": campaign.id}, quote_via=quote)
                    yield Link(
                        campaign=campaign.id,
                        listing=listing.id,
                        storefront=storefront,
                        src=src,
                        link=f"{page.format(quote(listing.id))}?{asked}",
                    )
