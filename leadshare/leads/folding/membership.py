"""Leads: which campaign a lead is in, by its touches and by what is configured today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leadshare.configuration.campaigns import Campaign, Campaigns
from leadshare.leads.reader import campaign_of
from leadshare.leads.touch import Touch
from leadshare.scoring.operators import Facts
from leadshare.scoring.rules import holds


def came_by(touch: Touch, campaigns: Campaigns) -> str:
    """Return the id of the campaign by which a customer came with *touch*, "" if by none.

    That is the one that the customer named, else the one that the listing had then; one that is not
    configured any more stays what it was called.
    """
    called = _named(touch, campaigns) or touch.campaign
    found = campaigns.named(called)
    return found.id if found else called


def member_of(
    touches: Sequence[Touch], facts: Facts, listing: str, campaigns: Campaigns
) -> Campaign | None:
    """Return the campaign of a lead with these *touches* and *facts*; None leaves its kind.

    The newest touch counts that came while a campaign ran: first by what the customer named, then
    by conditions, where the first of the file counts, then by what the *listing* brings. The time
    of processing plays no part, and of the touches, which are in their order, those that count are
    told.
    """
    newest = touches[::-1]
    meeting = [one for one in campaigns.asking if all(holds(asked, facts) for asked in one.when)]
    own = campaigns.of_listing(listing)
    by_name = ((touch, campaigns.named(_named(touch, campaigns))) for touch in newest)
    ways: tuple[Iterator[tuple[Touch, Campaign | None]], ...] = (
        iter(by_name),
        ((touch, one) for touch in newest for one in meeting),
        ((touch, own) for touch in newest),
    )
    return next(
        (one for way in ways for touch, one in way if one and one.runs_at(touch.received)), None
    )


def _named(touch: Touch, campaigns: Campaigns) -> str:
    """Return what the customer called the campaign, if one was named.

    Words at the head of a touch may be the name of one that was configured only later.
    """
    return touch.campaign if touch.names_campaign else campaign_of(touch.words, campaigns)[0]
