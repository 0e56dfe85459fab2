"""Which listing a POST is about, and keys that are bound to their listings."""

from __future__ import annotations

import pytest

from leadshare.errors import Unreadable
from leadshare.intake.message import open_envelope
from leadshare.leads import touch as touches
from tests.builders import IDENTITY, configuration, message, post
from tests.leads.catalogue import LISTINGS, known, read

ROBOT, KIT, BOTH = "a" * 16, "b" * 16, "c" * 16


class TestKey:
    """Keys that are bound to listings."""

    @staticmethod
    def read(key, source, path):
        """Read a lead that came with the key of this print."""
        listings = [
            LISTINGS[0] | {"keys": [ROBOT, BOTH]},
            *LISTINGS[1:3],
            LISTINGS[3] | {"keys": [KIT, BOTH]},
        ]
        body = post(LeadSource=source, OfferTitle="")
        own = configuration(listing=listings).catalogue
        return touches.read(open_envelope(message(body, listing=path, key=key)), own, IDENTITY)

    @pytest.mark.parametrize(
        ("key", "source", "path"),
        [
            pytest.param(ROBOT, "SPZA-PLT|contoso.robot", "contoso.robot", id="own"),
            pytest.param(ROBOT, "SPZA-PLT|Contoso.Robot", "CONTOSO.robot", id="case"),
            pytest.param(ROBOT, "SPZA-PLT|contoso.robot", "", id="no-path"),
            pytest.param(ROBOT, "SPZA-PLT", "contoso.robot", id="no-offer"),
            pytest.param(ROBOT, "SPZA-PLT|Robot", "", id="title"),
            pytest.param(BOTH, "SPZA-PLT|contoso.kit", "contoso.robot", id="of-both"),
            pytest.param("f" * 16, "SPZA-PLT|contoso.robot", "contoso.robot", id="bound-to-none"),
            pytest.param("", "SPZA-PLT|contoso.robot", "", id="no-key"),
        ],
    )
    def test_taken(self, key, source, path):
        """A key that is bound opens its own listings, and one that is not opens all."""
        assert self.read(key, source, path).listing in ("contoso.robot", "contoso.kit")

    @pytest.mark.parametrize(
        ("source", "path"),
        [
            pytest.param("SPZA-PLT|contoso.kit", "contoso.kit", id="other"),
            pytest.param("SPZA-PLT|contoso.kit", "contoso.robot", id="other-in-source"),
            pytest.param("SPZA-PLT|contoso.robot", "contoso.kit", id="other-in-path"),
            pytest.param("SPZA-PLT|contoso.unheard-of", "contoso.robot", id="unknown"),
            pytest.param("SPZA-PLT|Kit", "", id="other-title"),
            pytest.param("SPZA-PLT", "", id="none"),
        ],
    )
    def test_refused(self, source, path):
        """What comes with another listing's key goes to quarantine."""
        with pytest.raises(Unreadable, match="key_of_another_listing"):
            self.read(ROBOT, source, path)


class TestListing:
    @pytest.mark.parametrize(
        ("offer", "path", "listing", "flags"),
        [
            pytest.param("contoso.robot", "", "contoso.robot", (), id="body"),
            pytest.param("", "contoso.robot", "contoso.robot", (), id="path"),
            pytest.param("", "CONTOSO.Robot", "contoso.robot", (), id="path-in-another-case"),
            pytest.param("contoso.robot", "Contoso.ROBOT", "contoso.robot", (), id="agree"),
            pytest.param(
                "contoso.kit", "contoso.robot", "contoso.kit", ("listing_disagrees",), id="disagree"
            ),
            pytest.param(
                "contoso.robot", "robot", "contoso.robot", ("path_is_no_listing",), id="no-listing"
            ),
        ],
    )
    def test_path_and_body(self, offer, path, listing, flags):
        """The path names the listing when the body does not; a disagreement is kept and flagged."""
        body = post(LeadSource=f"SPZA-PLT|{offer}", OfferTitle="")

        found = read(body, path)

        assert (listing, flags) == (found.listing, found.flags)

    @pytest.mark.parametrize(
        ("changes", "listing"),
        [
            pytest.param({"OfferTitle": " contoso  vm"}, "contoso.vm", id="offer-title"),
            pytest.param({"LeadSource": "SPZA-PLT|KIT"}, "contoso.kit", id="title-in-source"),
        ],
    )
    def test_by_title(self, changes, listing):
        """Without an offer id the catalogue is asked for the title, as the eye compares."""
        found = read(post(**{"LeadSource": "SPZA-PLT", "OfferTitle": "", **changes}))

        assert listing == found.listing
        assert () == found.flags

    def test_one_lead_however_named(self):
        """A listing named by offer, by path or by its title is one listing, hence one lead."""
        by_offer = read(post(LeadSource="SPZA-PLT|contoso.robot"))
        by_path = read(post(LeadSource="SPZA-PLT", OfferTitle=""), "contoso.robot")
        by_title = read(post(LeadSource="SPZA-PLT", OfferTitle="robot"))

        assert 1 == len({by_offer.lead, by_path.lead, by_title.lead})

    @pytest.mark.parametrize(
        ("changes", "listing", "title"),
        [
            pytest.param(
                {"LeadSource": "SPZA-PLT|contoso.new"}, "contoso.new", "A  New One", id="offer"
            ),
            pytest.param({"LeadSource": "SPZA-PLT"}, "a new one", "A  New One", id="title"),
            pytest.param(
                {"LeadSource": "SPZA-PLT|Another", "OfferTitle": ""},
                *("another", "Another"),
                id="title-in-source",
            ),
            pytest.param({"LeadSource": "", "OfferTitle": ""}, "", "", id="nothing"),
        ],
    )
    def test_unknown(self, changes, listing, title):
        """A listing that is not in the catalogue goes by its offer, else by its title."""
        found = read(post(**{"OfferTitle": "A  New One", **changes}))

        assert (listing, title) == (found.listing, found.listing_title)
        assert "listing_unknown" in found.flags

    def test_title_of_the_catalogue(self):
        """A known listing has the catalogue's title, whatever the marketplace calls it today."""
        assert "Robot" == known(OfferTitle="Robot 2.0 (new!)").listing_title

    def test_unknown_offer_keeps_apart(self):
        """An offer id that is not in the catalogue is another listing, even under a known title."""
        found = read(post(LeadSource="SPZA-PLT|contoso.robot-2", OfferTitle="Robot"))

        assert "contoso.robot-2" == found.listing
