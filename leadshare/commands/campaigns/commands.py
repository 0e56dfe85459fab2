"""Commands: campaigns: links, show, preview."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from leadshare.commands import screen
from leadshare.commands.campaigns.links import Link, links
from leadshare.commands.deployment.connection import connected
from leadshare.commands.deployment.manage import LARGEST_PAGE
from leadshare.commands.lists import listed
from leadshare.commands.options import App, AsJson, By, Output, who
from leadshare.commands.screen import Entry, plain, short
from leadshare.configuration.campaign_file import CampaignFile, read_campaigns
from leadshare.configuration.campaigns import Campaign
from leadshare.scoring.wording import spoken

APP: Final = typer.Typer(no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="The configuration.")]
NewFile = Annotated[Path, typer.Argument(metavar="NEW.toml", help="The file that would be.")]
Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--src",
        metavar="WORD",
        help="Where a link stands, such as linkedin; again for each place. Without it: website.",
    ),
]
OURS: Final = Path("leadshare.toml")
KIND: Final = "(by kind)"
"""What stands for no campaign of the publisher's."""


@APP.callback()
def campaigns() -> None:
    """Tell of campaigns: their links, what each is, which leads another file would move."""


@APP.command(name="links")
def print_links(
    file: File = OURS,
    *,
    src: Sources = None,
    output: Output = None,
    as_json: AsJson = False,
) -> int:
    """Print each campaign's link to each listing, with `mktcmpid` and `src`.

    Example: leadshare campaigns links --src linkedin --src newsletter
    """
    told = read_campaigns(file)
    found = list(links(told.campaign, told.listing, src or ["website"]))
    if output or as_json or not found:
        heads = tuple(Link.__annotations__)
        rows = [tuple(one.values()) for one in found]
        return listed("links", found, heads, rows, output, as_json=as_json)
    _draw(told, found)
    return 0


def _draw(told: CampaignFile, found: list[Link]) -> None:
    """Print links on lines of their own, whole, so that they can be copied."""
    titles = {one.id: one.title for one in told.listing}
    names = {one.id: one.name for one in told.campaign}
    above = ("", "")
    for one in found:
        here = (one["campaign"], one["listing"])
        if here[0] != above[0]:
            screen.say(f"{here[0]}: {names[here[0]]}")
        if here != above:
            screen.say(f"  {titles[here[1]]}")
        screen.say(f"    {one['link']}")
        above = here


@APP.command()
def show(file: File = OURS, *, as_json: AsJson = False) -> int:
    """Tell what each campaign is: its days, who belongs, what it is to bring, its ids in CRMs.

    Example: leadshare campaigns show
    """
    told = read_campaigns(file)
    if as_json:
        own = told.campaigns.by_listing
        campaigns = [
            one.model_dump(mode="json", by_alias=True)
            | {"listings": [name for name, campaign in own.items() if campaign == one.id]}
            for one in told.campaign
        ]
        screen.show_json({"campaigns": campaigns})
        return 0
    for one in told.campaign:
        screen.show_facts(plain(one.id), _facts(one, told))
    if not told.campaign:
        screen.say("No campaigns.")
    return 0


def _facts(one: Campaign, told: CampaignFile) -> dict[str, object]:
    targets = one.targets.model_dump(exclude={"currency"}, exclude_none=True)
    own = [listing.title for listing in told.listing if listing.campaign == one.id]
    return {
        "name": one.name,
        "kind": one.kind,
        "runs": " ".join(_days(one)) or "always",
        "who names it": f"{one.id}, {one.name}",
        "who else": spoken(one.when),
        "all others of": ", ".join(own),
        "targets": ", ".join(
            f"{name.replace('_', ' ')} {count:,}{f' {one.targets.currency}' * (name == 'revenue')}"
            for name, count in targets.items()
        ),
        "ids": ", ".join(f"{name} {theirs}" for name, theirs in one.ids.items()),
    }


def _days(one: Campaign) -> list[str]:
    days = (("from", one.from_), ("until", one.until))
    return [f"{word} {day}" for word, day in days if day]


@APP.command()
def preview(
    new: NewFile,
    *,
    app: App = "",
    by: By = "",
    output: Output = None,
    as_json: AsJson = False,
) -> int:
    """Tell which leads would be in another campaign under a new file; nothing changes.

    Example: leadshare campaigns preview new.toml
    """
    told = read_campaigns(new)
    order: dict[str, Any] = {
        "by": who(by),
        "campaigns": [
            one.model_dump(
                mode="json", by_alias=True, exclude={"targets", "ids"}, exclude_none=True
            )
            for one in told.campaign
        ],
        "listings": told.campaigns.by_listing,
        "limit": LARGEST_PAGE,
    }
    leads, moves, after = 0, list[Entry](), ""
    with connected(app) as manage, screen.waiting("Looking at all leads ..."):
        while True:
            page = manage.order("campaigns/preview", **order, after=after)
            leads, moves, after = leads + page["leads"], moves + page["moves"], page.get("next", "")
            if not after:
                break
    if as_json:
        screen.show_json({"leads": leads, "moves": moves})
        return 0
    rows = [(short(one["lead"]), one["now"] or KIND, one["then"] or KIND) for one in moves]
    listed("moves", moves, ("lead", "now", "then"), rows, output, as_json=False)
    ways = Counter((now, then) for _, now, then in rows)
    for (now, then), count in ways.most_common():
        screen.say(f"{count} from {now} to {then}")
    screen.say(f"{len(moves)} of {leads} leads would move.")
    return 0
